import { defineTopics } from '../../engine/kernel/topic.ts'
import type { AuctionId } from './ids.ts'

export const auctionTopic = defineTopics<AuctionId>('auction')
