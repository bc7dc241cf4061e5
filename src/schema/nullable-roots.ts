import { type GraphQLSchema, getNullableType } from 'graphql'

/**
 * Makes every root field of queries and mutations nullable. A field that fails (FORBIDDEN, UNAVAILABLE) is null with an
 * entry in `errors`; sibling fields keep their results, so of two mutations in one document the client sees what the
 * first did. Subscriptions have a single root field, which stays non-null.
 */
export function makeRootsNullable(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) field.type = getNullableType(field.type)
  }
}
