import type { GraphQLSchema } from 'graphql'
import './announcement.ts'
import './audit.ts'
import './auction.ts'
import './auction-event.ts'
import './auction-mutation.ts'
import { builder } from './builder.ts'
import { describeSchema } from './describe-schema.ts'
import './event.ts'
import './leaderboard.ts'
import './leaderboard-event.ts'
import { limitMutations } from './limit-mutations.ts'
import './message.ts'
import './message-event.ts'
import './message-mutation.ts'
import './node.ts'
import './notification.ts'
import { makeRootsNullable } from './nullable-roots.ts'
import './presence.ts'
import './push.ts'
import './revocation.ts'
import './room.ts'
import './room-event.ts'
import { showRoomIds } from './room-ids.ts'
import './room-mutation.ts'
import './scalars.ts'
import './scores.ts'
import './server.ts'
import './status.ts'
import './trade.ts'
import './trade-event.ts'
import './trade-mutation.ts'
import { stopWhenGone } from './stop-when-gone.ts'
import { refuseUnstorableIds } from './unstorable-ids.ts'
import './viewer.ts'
import './wallet.ts'

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({
  description:
    'Every field with `after` is a durable topic: without `after` the first entry is the snapshot; with it, exactly\n' +
    'the entries after that cursor, in order, none missing, none twice; a snapshot with `reset: true` first where\n' +
    'that history is gone. `everyMs` conflates: at most one payload per period, always the latest state.',
})

/** The schema that the server executes. Subscription fields carry `extensions.plan`; see field.ts. */
export function createSchema(): GraphQLSchema {
  const schema = builder.toSchema()
  describeSchema(schema)
  makeRootsNullable(schema)
  showRoomIds(schema)
  refuseUnstorableIds(schema)
  limitMutations(schema)
  stopWhenGone(schema)
  return schema
}
