import { orderNode } from '../../resolvers/trades.ts'
import type { SchemaFeature } from '../../schema/contribution.ts'
import { addTradeTypes } from '../../schema/trade.ts'
import { addTradeEvents } from '../../schema/trade-event.ts'
import { addTradeMutations } from '../../schema/trade-mutation.ts'
import { addTradeRooms } from '../../schema/trade-room.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { orderFamily, positionFamily } from './families.ts'
import { ordersTopic, positionsTopic } from './topics.ts'

export const trading: SchemaFeature = {
  name: 'trading',
  requires: ['users', 'rooms'],
  families: [orderFamily, positionFamily],
  schema: {
    parts: [addTradeTypes, addTradeEvents, addTradeMutations, addTradeRooms],
    nodes: [orderNode],
  },
  hooks: () => [
    roomHooks.implement({
      topicsOf: ({ id, kind }) => (kind === 'TRADE' ? [ordersTopic(id), positionsTopic(id)] : []),
    }),
  ],
}
