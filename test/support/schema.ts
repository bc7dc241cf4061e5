import type { GraphQLSchema } from 'graphql'
import { createSchema } from '../../src/schema/schema.ts'
import { FEATURES } from './database.ts'

/** The schema of a server with all bundled features. */
export function createFullSchema(): GraphQLSchema {
  return createSchema(FEATURES.schema)
}
