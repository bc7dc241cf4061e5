import { defineFamily } from '../../engine/commands/family.ts'
import { revocationsAggregate } from './revocations.aggregate.ts'
import { revocationsTopic } from './topics.ts'

/** Signs users out, all on one topic that every node follows. */
export const revocationFamily = defineFamily({
  name: 'revocations',
  prefix: 'revocations',
  topicOf: (_all: null) => revocationsTopic,
  aggregate: () => revocationsAggregate,
})
