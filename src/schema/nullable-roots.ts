import { type GraphQLSchema, getNullableType } from 'graphql'

/**
 * Makes every root field of queries and mutations nullable. A field that fails (FORBIDDEN, UNAVAILABLE) is null and has its entry
 * in `errors`; the answers of the fields next to it stay. Of two mutations in one document the client sees what the first did.
 * Subscriptions have one root field each: theirs stay non-null.
 */
export function makeRootsNullable(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) field.type = getNullableType(field.type)
  }
}
