import { asTopic } from '../../engine/kernel/topic.ts'

export const announcementsTopic = asTopic('announcements')
