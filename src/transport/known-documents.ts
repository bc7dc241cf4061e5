import { createHash } from 'node:crypto'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLErrorExtensions,
  type GraphQLSchema,
  type SourceLocation,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { type OperationLimits, parseQuery, rulesOf, validateQuery, withoutSuggestion } from './document.ts'
import { createDocumentCache } from './document-cache.ts'

/** A parsed document: valid, or rejected with the errors that the client sees. */
export type KnownDocument =
  | { readonly kind: 'valid'; readonly id: number; readonly document: DocumentNode }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }

/** A cache of documents by their text. */
export interface KnownDocuments {
  find(text: string): KnownDocument | undefined
  /** Parses and validates `text`, and caches the outcome. */
  read(text: string): KnownDocument
}

/** Size limit of the cache of rejections. */
const MAX_REFUSED_BYTES = 2_000_000
const REFUSAL_BYTES = 500

export function createKnownDocuments(schema: GraphQLSchema, limits: OperationLimits): KnownDocuments {
  const rules = rulesOf(limits)
  const valid = createDocumentCache<Extract<KnownDocument, { readonly kind: 'valid' }>>()
  /** By hash: a rejected text may be as large as a message, and is never needed again. */
  const refused = new LRUCache<string, readonly Refusal[]>({
    maxSize: MAX_REFUSED_BYTES,
    sizeCalculation: (refusals) =>
      refusals.reduce((sum, { message }) => sum + 2 * message.length + REFUSAL_BYTES, 0),
  })
  let count = 0

  function refusalsOf(text: string): {
    readonly document?: DocumentNode
    readonly refusals: readonly Refusal[]
  } {
    try {
      const document = parseQuery(text, { maxTokens: limits.maxQueryTokens })
      const errors = validateQuery(schema, document, rules)
      const shown = limits.isIntrospectionAllowed ? errors : errors.map(withoutSuggestion)
      return {
        document,
        refusals: shown.map((error) => refusalOf(error, 'GRAPHQL_VALIDATION_FAILED')),
      }
    } catch (error) {
      if (error instanceof GraphQLError) return { refusals: [refusalOf(error, 'GRAPHQL_PARSE_FAILED')] }
      throw error
    }
  }

  return {
    find(text) {
      const found = valid.get(text)
      if (found !== undefined) return found
      const refusals = refused.get(hashOf(text))
      return refusals === undefined ? undefined : { kind: 'refused', errors: refusals.map(errorOf) }
    },

    read(text) {
      const { document, refusals } = refusalsOf(text)
      if (document === undefined || refusals.length > 0) {
        refused.set(hashOf(text), refusals)
        return { kind: 'refused', errors: refusals.map(errorOf) }
      }
      count += 1
      const known = { kind: 'valid', id: count, document } as const
      valid.set(text, known)
      return known
    },
  }
}

/**
 * The client-visible part of an error, as plain data: an error of graphql-js retains the syntax tree and the whole
 * text, and so does the stack of any error created while they are in use.
 */
interface Refusal {
  readonly message: string
  readonly extensions: GraphQLErrorExtensions
  readonly locations: readonly SourceLocation[] | undefined
}

/** Locations are computed once, since each scans the lines of the text. */
function refusalOf({ message, extensions, locations }: GraphQLError, code: string): Refusal {
  return {
    message,
    extensions: { code, ...extensions },
    locations: locations?.map(({ line, column }) => ({ line, column })),
  }
}

class RefusedDocument extends GraphQLError {
  override readonly locations: readonly SourceLocation[] | undefined

  constructor({ message, extensions, locations }: Refusal) {
    super(message, { extensions })
    this.locations = locations
  }
}

const errorOf = (refusal: Refusal): GraphQLError => new RefusedDocument(refusal)

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
