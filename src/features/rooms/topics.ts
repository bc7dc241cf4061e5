import { defineTopics } from '../../engine/kernel/topic.ts'
import type { RoomId } from './ids.ts'

export const roomTopic = defineTopics<RoomId>('room')
/** Owned by the messages feature. Rooms read its head together with their own for consistency. */
export const roomMessagesTopic = defineTopics<RoomId>('messages')
