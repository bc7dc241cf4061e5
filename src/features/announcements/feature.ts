import { announcementNode } from '../../resolvers/announcements.ts'
import { addAnnouncements } from '../../schema/announcement.ts'
import type { SchemaFeature } from '../../schema/contribution.ts'
import { announcementFamily } from './family.ts'
import { announcementsTopic } from './topics.ts'

export const announcements: SchemaFeature = {
  name: 'announcements',
  requires: ['rooms'],
  families: [announcementFamily],
  schema: {
    parts: [addAnnouncements],
    nodes: [announcementNode],
  },
  seed: { topics: () => [announcementsTopic] },
}
