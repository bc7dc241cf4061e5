import { defineTopics } from '../../engine/kernel/topic.ts'
import type { RoomId } from '../rooms/ids.ts'

/** The orders of one trade room. */
export const ordersTopic = defineTopics<RoomId>('orders')
/** The positions and portfolios of one trade room. */
export const positionsTopic = defineTopics<RoomId>('positions')
