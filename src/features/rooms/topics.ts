import { defineTopics } from '../../engine/kernel/topic.ts'
import type { RoomId } from './ids.ts'

export const roomTopic = defineTopics<RoomId>('room')
