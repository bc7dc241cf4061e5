import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import type { SizeLimits } from '../limits/operation-size.ts'

/** What is refused before it is executed. */
export interface OperationLimits extends SizeLimits {
  readonly maxQueryTokens: number
  /** Whether clients may ask for the schema, and are helped where they spell it wrongly. */
  readonly isIntrospectionAllowed: boolean
}

/** What to validate by beside the rules of the specification. */
export function rulesOf({ isIntrospectionAllowed }: OperationLimits): readonly ValidationRule[] {
  return isIntrospectionAllowed ? [] : [NoSchemaIntrospectionCustomRule]
}

/** `parse`, also for what nests too deep for the stack, or is too long: that is the client's doing, and no fault of ours. */
export function parseQuery(...args: Parameters<typeof parse>): DocumentNode {
  try {
    return parse(...args)
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex('The query nests too deep.')
    const isTooLong = error instanceof GraphQLError && /more that \d+ tokens/u.test(error.message)
    throw isTooLong ? tooComplex(`The query has more than ${args[1]?.maxTokens} tokens.`) : error
  }
}

export function tooComplex(reason: string): GraphQLError {
  return new GraphQLError(reason, { extensions: { code: 'QUERY_TOO_COMPLEX' } })
}

/** As clients see it that may not ask for the schema: graphql-js answers misspelt names with those that exist. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ ?Did you mean .*$/su, '')
  if (message === error.message) return error
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: error.extensions,
  })
}

/** `validate`, which throws where `@skip` or `@include` on the field of a subscription hang on a variable. */
export function validateQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
): readonly GraphQLError[] {
  try {
    return validate(schema, document, [...specifiedRules, ...rules])
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}
