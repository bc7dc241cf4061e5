import { kindOfId } from '../kernel/id.ts'
import { STATEMENT } from '../limits/field-cost.ts'
import { isOrder, type NodeView, node } from '../resolvers/node.ts'
import { builder } from './builder.ts'
import { asCaller, costs } from './field.ts'

const TYPES = {
  room: 'Room',
  message: 'Message',
  auction: 'Auction',
  bid: 'Bid',
  announcement: 'Announcement',
  notification: 'Notification',
} as const satisfies Record<ReturnType<typeof kindOfId>, string>

export const Node = builder.interfaceRef<NodeView>('Node').implement({
  fields: (t) => ({ id: t.exposeID('id') }),
  resolveType: (found) => (isOrder(found) ? 'Order' : TYPES[kindOfId(found.id)]),
})

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    // Ids of orders look like any: a second statement asks for one.
    ...costs({ weight: 2 * STATEMENT }),
    resolve: asCaller(node),
  }),
)
