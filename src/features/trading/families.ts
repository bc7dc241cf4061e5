import { defineFamily } from '../../engine/commands/family.ts'
import { ordersAggregate } from './orders.aggregate.ts'
import { positionsAggregate } from './positions.aggregate.ts'
import { ordersTopic, positionsTopic } from './topics.ts'

/** Reports of orders to one room. They need no key: their executionId is one. `state` is the order. */
export const orderFamily = defineFamily({
  name: 'orders',
  prefix: 'orders',
  topicOf: ordersTopic,
  aggregate: () => ordersAggregate,
})

/** Reports of positions and portfolios to one room. `state` is what was reported, as it stands. */
export const positionFamily = defineFamily({
  name: 'positions',
  prefix: 'positions',
  topicOf: positionsTopic,
  aggregate: () => positionsAggregate,
})
