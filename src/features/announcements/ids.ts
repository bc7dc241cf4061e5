import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId } from '../../engine/kernel/id.ts'

export type AnnouncementId = Brand<string, 'AnnouncementId'>

export const announcementIds = defineId<AnnouncementId>('ann_')
export const newAnnouncementId = announcementIds.create
export const asAnnouncementId = announcementIds.as
