import type { GraphQLSchema } from 'graphql'
import { COMMON_REJECTIONS } from '../engine/kernel/rejection.ts'
import { createNodeResolver } from '../resolvers/node.ts'
import { createBuilder, type Part } from './builder.ts'
import { addPageInfo } from './connection.ts'
import type { SchemaContribution } from './contribution.ts'
import { describeSchema } from './describe-schema.ts'
import { addEvent } from './event.ts'
import { limitMutations } from './limit-mutations.ts'
import { addNode } from './node.ts'
import { makeRootsNullable } from './nullable-roots.ts'
import { addPeople } from './person.ts'
import { addRejected } from './result.ts'
import { showRoomIds } from './room-ids.ts'
import { addScalars } from './scalars.ts'
import { addServer } from './server.ts'
import { stopWhenGone } from './stop-when-gone.ts'
import { refuseUnstorableIds } from './unstorable-ids.ts'
import { addViewer } from './viewer.ts'

/** The parts of every schema. */
const CORE: readonly Part[] = [addScalars, addEvent, addPageInfo, addPeople, addServer, addViewer]

/**
 * The schema that the server executes, built from the contributions of its features. Subscription fields have
 * `extensions.plan`; see field.ts.
 */
export function createSchema(contributions: readonly SchemaContribution[]): GraphQLSchema {
  const builder = createBuilder()
  builder.queryType({})
  builder.mutationType({})
  builder.subscriptionType({
    description:
      'Every field with `after` is a durable topic: without `after` the first entry is the snapshot; with it, exactly\n' +
      'the entries after that cursor, in order, none missing, none twice; preceded by a snapshot with `reset: true` if\n' +
      'that history is gone. `everyMs` conflates: at most one payload per period, always the latest state.',
  })
  addRejected(builder, [...COMMON_REJECTIONS, ...contributions.flatMap(({ rejections = [] }) => rejections)])
  addNode(builder, createNodeResolver(contributions.flatMap(({ nodes = [] }) => nodes)))
  for (const add of [...CORE, ...contributions.flatMap(({ parts }) => parts)]) add(builder)

  const schema = builder.toSchema()
  describeSchema(schema)
  makeRootsNullable(schema)
  showRoomIds(schema)
  refuseUnstorableIds(schema)
  limitMutations(schema)
  stopWhenGone(schema)
  return schema
}
