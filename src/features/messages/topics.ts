import { defineTopics } from '../../engine/kernel/topic.ts'
import type { RoomId } from '../rooms/ids.ts'

export const messagesTopic = defineTopics<RoomId>('messages')
