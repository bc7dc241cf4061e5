import { createHash } from 'node:crypto'
import { type DocumentNode, GraphQLError, type GraphQLSchema, type SourceLocation } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type OperationLimits, parseQuery, rulesOf, validateQuery, withoutSuggestion } from './document.ts'
import { createDocumentCache } from './document-cache.ts'

/** A document that was read: valid, or refused with the errors that the client is shown. */
export type KnownDocument =
  | { readonly kind: 'valid'; readonly id: number; readonly document: DocumentNode }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }

/** Documents by their text, as far as they are remembered. */
export interface KnownDocuments {
  find(text: string): KnownDocument | undefined
  /** Parses and validates `text`, and remembers the outcome. */
  read(text: string): KnownDocument
}

/** Of error messages that are kept, each with what an error object takes beyond its message. */
const MAX_REFUSED_BYTES = 2_000_000
const ERROR_BYTES = 2_000

export function createKnownDocuments(schema: GraphQLSchema, limits: OperationLimits): KnownDocuments {
  const rules = rulesOf(limits)
  const valid = createDocumentCache<Extract<KnownDocument, { readonly kind: 'valid' }>>()
  /** By hash: a refused text may be as large as a message, and is never needed again. */
  const refused = new LRUCache<string, readonly RefusedDocument[]>({
    maxSize: MAX_REFUSED_BYTES,
    sizeCalculation: (errors) => errors.reduce((sum, { message }) => sum + message.length + ERROR_BYTES, 0),
  })
  let count = 0

  function errorsOf(text: string): {
    readonly document?: DocumentNode
    readonly errors: readonly GraphQLError[]
  } {
    try {
      const document = parseQuery(text, { maxTokens: limits.maxQueryTokens })
      const errors = validateQuery(schema, document, rules)
      const shown = limits.isIntrospectionAllowed ? errors : errors.map(withoutSuggestion)
      return {
        document,
        errors: shown.map((error) => new RefusedDocument(error, 'GRAPHQL_VALIDATION_FAILED')),
      }
    } catch (error) {
      if (error instanceof GraphQLError)
        return { errors: [new RefusedDocument(error, 'GRAPHQL_PARSE_FAILED')] }
      throw error
    }
  }

  return {
    find(text) {
      const found = valid.get(text)
      if (found !== undefined) return found
      const errors = refused.get(hashOf(text))
      return errors === undefined ? undefined : { kind: 'refused', errors }
    },

    read(text) {
      const { document, errors } = errorsOf(text)
      if (document === undefined || errors.length > 0) {
        refused.set(hashOf(text), errors)
        return { kind: 'refused', errors }
      }
      count += 1
      const known = { kind: 'valid', id: count, document } as const
      valid.set(text, known)
      return known
    },
  }
}

/**
 * What a client is shown of an error, and nothing else: an error of graphql-js holds the syntax tree and the whole text. Its
 * locations are worked out once, since each costs a pass over the lines of the text.
 */
class RefusedDocument extends GraphQLError {
  override readonly locations: readonly SourceLocation[] | undefined

  constructor({ message, extensions, locations }: GraphQLError, code: string) {
    super(message, { extensions: { code, ...extensions } })
    this.locations = locations
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
