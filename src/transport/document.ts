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
import { excessOfDocument } from '../platform/limits/document-bounds.ts'
import type { CostLimits } from '../platform/limits/operation-cost.ts'

/** What is rejected before execution. */
export interface OperationLimits extends CostLimits {
  readonly maxQueryTokens: number
  /** Cost per second per client. */
  readonly queryCostPerSecond: number
  /** Whether clients may introspect the schema and get suggestions for misspelt names. */
  readonly isIntrospectionAllowed: boolean
}

/** Validation rules in addition to those of the specification. */
export function rulesOf({ isIntrospectionAllowed }: OperationLimits): readonly ValidationRule[] {
  return isIntrospectionAllowed ? [] : [NoSchemaIntrospectionCustomRule]
}

/** Locating an error scans all lines before it: 20 errors after 60,000 empty lines took 40 ms. */
const MAX_LINES = 2_000
/** Maximum number of validation errors per document. */
const MAX_ERRORS = 20

/**
 * `parse`, within bounds that keep validation cheap. A document that overflows the stack or is too long is the client's
 * error, not an internal fault.
 */
export function parseQuery(text: string, { maxTokens }: { readonly maxTokens: number }): DocumentNode {
  if (hasMoreLines(text, MAX_LINES)) throw tooComplex(`The query has more than ${MAX_LINES} lines.`)
  const document = parseTokens(text, maxTokens)
  const excess = excessOfDocument(document)
  if (excess !== null) throw tooComplex(excess)
  return document
}

function parseTokens(text: string, maxTokens: number): DocumentNode {
  try {
    return parse(text, { maxTokens })
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex('The query is nested too deeply.')
    const isTooLong = error instanceof GraphQLError && /more that \d+ tokens/u.test(error.message)
    throw isTooLong ? tooComplex(`The query has more than ${maxTokens} tokens.`) : error
  }
}

function hasMoreLines(text: string, most: number): boolean {
  let lines = 1
  const breaks = /[\n\r]/g
  while (breaks.test(text)) {
    lines += 1
    if (lines > most) return true
  }
  return false
}

export function tooComplex(reason: string): GraphQLError {
  return new GraphQLError(reason, { extensions: { code: 'QUERY_TOO_COMPLEX' } })
}

/** Hides suggestions from clients that may not introspect: graphql-js answers misspelt names with existing ones. */
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

/** `validate`, which throws if `@skip` or `@include` on a subscription's root field depends on a variable. */
export function validateQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
): readonly GraphQLError[] {
  try {
    return validate(schema, document, [...specifiedRules, ...rules], { maxErrors: MAX_ERRORS })
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}
