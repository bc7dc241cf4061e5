import { kindOfId } from '../kernel/id.ts'
import { type NodeView, node } from '../resolvers/node.ts'
import { builder } from './builder.ts'
import { asCaller } from './field.ts'

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
  resolveType: ({ id }) => TYPES[kindOfId(id)],
})

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: asCaller(node),
  }),
)
