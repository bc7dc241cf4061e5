import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type DocumentNode, type GraphQLFormattedError, Kind, parse, print } from 'graphql'
import { makeResumable, type Resumption } from './resumption.ts'

export interface Operation<Result = unknown, Variables = unknown> {
  /** Text, or a document that knows its types, as GraphQL Code Generator makes them. */
  readonly query: TypedDocumentNode<Result, Variables> | string
  readonly variables?: Variables
  /** Which one to run, where the document has several. */
  readonly operationName?: string
}

/** What the server answered. Of a subscription, one of many. */
export interface OperationResult<Result> {
  readonly data?: Result | null | undefined
  readonly errors?: readonly GraphQLFormattedError[] | undefined
}

/** What of an operation says what it is. */
type Document = { readonly query: DocumentNode | string; readonly operationName?: string }

export interface PreparedOperation {
  readonly type: 'query' | 'mutation' | 'subscription'
  /** What is sent. */
  readonly text: string
  /** Null where nothing is resumed: of queries, of mutations, and of tickers, which send the latest state at once. */
  readonly resumption: Resumption | null
}

const prepared = new WeakMap<DocumentNode, Map<string | undefined, PreparedOperation>>()
/** Of documents that are text, the latest to be parsed. */
const parsed = new Map<string, DocumentNode>()
const MAX_PARSED = 200

function documentOf(query: DocumentNode | string): DocumentNode {
  if (typeof query !== 'string') return query
  const known = parsed.get(query)
  if (known !== undefined) return known
  const document = parse(query, { noLocation: true })
  const [oldest] = parsed.keys()
  if (parsed.size >= MAX_PARSED && oldest !== undefined) parsed.delete(oldest)
  parsed.set(query, document)
  return document
}

/**
 * What to send for an operation. Subscriptions that read a history also ask for what resuming takes: the argument `after`, the
 * cursor, offset and time of each entry, and whether a snapshot is a reset. A document that asks for all of it stays as it is.
 * Throws GraphQLError where `query` is not GraphQL, TypeError where it does not say which of its operations to run.
 */
export function prepareOperation({ query, operationName }: Document): PreparedOperation {
  const document = documentOf(query)
  const known = prepared.get(document) ?? new Map<string | undefined, PreparedOperation>()
  prepared.set(document, known)
  const found = known.get(operationName)
  if (found !== undefined) return found
  const made = prepareDocument(document, operationName)
  known.set(operationName, made)
  return made
}

function prepareDocument(document: DocumentNode, name: string | undefined): PreparedOperation {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
  const operation =
    name === undefined && operations.length === 1
      ? operations[0]
      : operations.find((each) => each.name?.value === name)
  if (operation === undefined) {
    throw new TypeError('The document has several operations: set operationName.')
  }
  const type = operation.operation
  const resumable = type === 'subscription' ? makeResumable(document, operation) : null
  if (resumable === null) return { type, text: print(document), resumption: null }
  const definitions = document.definitions.map((each) => (each === operation ? resumable.operation : each))
  return { type, text: print({ ...document, definitions }), resumption: resumable.resumption }
}
