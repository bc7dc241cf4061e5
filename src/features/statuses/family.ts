import { defineFamily } from '../../engine/commands/family.ts'
import { statusesAggregate } from './aggregate.ts'
import { statusesTopic } from './topics.ts'

/** Reports of statuses of one kind. `state` is the subject's status. */
export const statusFamily = defineFamily({
  name: 'statuses',
  prefix: 'statuses',
  topicOf: statusesTopic,
  aggregate: () => statusesAggregate,
})
