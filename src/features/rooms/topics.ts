import { defineTopics } from '../../engine/kernel/topic.ts'
import type { RoomId } from './ids.ts'

export const roomTopic = defineTopics<RoomId>('room')
/** Belongs to the messages feature. Rooms read its head with their own, so that both are of one moment. */
export const roomMessagesTopic = defineTopics<RoomId>('messages')
