import { defineFamily } from '../../engine/commands/family.ts'
import { ordersAggregate } from './orders.aggregate.ts'
import { positionsAggregate } from './positions.aggregate.ts'
import { ordersTopic, positionsTopic } from './topics.ts'

/** Order reports to one room. They need no idempotency key: their executionId serves as one. `state` is the order. */
export const orderFamily = defineFamily({
  name: 'orders',
  prefix: 'orders',
  topicOf: ordersTopic,
  aggregate: () => ordersAggregate,
})

/** Position and portfolio reports to one room. `state` is the current position or portfolio. */
export const positionFamily = defineFamily({
  name: 'positions',
  prefix: 'positions',
  topicOf: positionsTopic,
  aggregate: () => positionsAggregate,
})
