import { defineFamily } from '../../engine/commands/family.ts'
import { announcementsAggregate } from './aggregate.ts'
import { announcementsTopic } from './topics.ts'

/** Publishes and retracts announcements, all on one topic. `state` is the announcement. */
export const announcementFamily = defineFamily({
  name: 'announcements',
  prefix: 'announcements',
  topicOf: (_all: null) => announcementsTopic,
  aggregate: () => announcementsAggregate,
})
