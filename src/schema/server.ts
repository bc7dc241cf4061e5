import { callContextOf } from '../resolvers/context.ts'
import { type ServerInfo as ServerInfoShape, server, serverTimePlan } from '../resolvers/server.ts'
import type { Builder } from './builder.ts'
import { costs, servedBy } from './field.ts'

/** The server's version, clock and capabilities. */
export function addServer(builder: Builder): void {
  const ServerInfo = builder.objectRef<ServerInfoShape>('ServerInfo').implement({
    fields: (t) => ({
      version: t.exposeString('version'),
      time: t.expose('time', { type: 'DateTime' }),
      node: t.exposeString('node', { description: 'Identifies the node that answered.' }),
      capabilities: t.exposeStringList('capabilities', {
        ...costs({ size: 10 }),
        description:
          'What this caller may do here: announcements, bids, messages, notifications, presence, rooms, statuses, trading, operations.',
      }),
    }),
  })

  builder.queryFields((t) => ({
    server: t.field({
      type: ServerInfo,
      resolve: (_root, _args, context) => server(callContextOf(context)),
    }),
    echo: t.string({
      description: 'Returns its argument, for testing a connection.',
      args: { message: t.arg.string({ required: true }) },
      resolve: (_root, { message }) => message,
    }),
  }))

  builder.subscriptionField('serverTime', (t) =>
    t.field({
      type: 'DateTime',
      description: 'One per period, for testing a connection and synchronising a countdown.',
      args: { everyMs: t.arg.int() },
      ...servedBy(serverTimePlan),
    }),
  )
}
