import type { GraphQLSchema } from 'graphql'
import type { RejectionCode } from '../engine/kernel/rejection.ts'
import { createBuilder, type Part } from './builder.ts'
import { describeSchema } from './describe-schema.ts'
import { limitMutations } from './limit-mutations.ts'
import { makeRootsNullable } from './nullable-roots.ts'
import { addRejected } from './result.ts'
import { showRoomIds } from './room-ids.ts'
import { stopWhenGone } from './stop-when-gone.ts'
import { refuseUnstorableIds } from './unstorable-ids.ts'

export interface SchemaOptions {
  /** The parts of the server's features and of their dependencies. */
  readonly parts: readonly Part[]
  /** The codes that these features reject commands with. */
  readonly rejectionCodes: readonly RejectionCode[]
}

/** The schema that the server executes. Subscription fields carry `extensions.plan`; see field.ts. */
export function createSchema({ parts, rejectionCodes }: SchemaOptions): GraphQLSchema {
  const builder = createBuilder()
  builder.queryType({})
  builder.mutationType({})
  builder.subscriptionType({
    description:
      'Every field with `after` is a durable topic: without `after` the first entry is the snapshot; with it, exactly\n' +
      'the entries after that cursor, in order, none missing, none twice; a snapshot with `reset: true` first where\n' +
      'that history is gone. `everyMs` conflates: at most one payload per period, always the latest state.',
  })
  addRejected(builder, rejectionCodes)
  for (const add of parts) add(builder)

  const schema = builder.toSchema()
  describeSchema(schema)
  makeRootsNullable(schema)
  showRoomIds(schema)
  refuseUnstorableIds(schema)
  limitMutations(schema)
  stopWhenGone(schema)
  return schema
}
