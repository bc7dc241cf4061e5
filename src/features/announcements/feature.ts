import type { Feature } from '../../engine/feature.ts'
import { announcementsTopic } from '../../engine/kernel/topic.ts'
import { announcementFamily } from './family.ts'

export const announcements: Feature = {
  name: 'announcements',
  requires: ['rooms'],
  families: [announcementFamily],
  seed: { topics: () => [announcementsTopic] },
}
