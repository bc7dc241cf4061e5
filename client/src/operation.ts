import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLFormattedError,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type ValueNode,
} from 'graphql'

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

/** A subscription that reads a history, and so can go on from a cursor. */
export interface Resumption {
  /** The key of the root field in results. */
  readonly key: string
  /** The variable that holds the cursor to go on from. */
  readonly variable: string
  /** Where it begins, if the document says so itself. */
  readonly initial: string | undefined
}

export interface PreparedOperation {
  readonly type: 'query' | 'mutation' | 'subscription'
  /** What is sent. */
  readonly text: string
  /** Null where there is nothing to go on from: of queries, mutations, and tickers, which tell the latest state at once. */
  readonly resumption: Resumption | null
}

/** The subscriptions that read a history, and the snapshot that each of them begins with. */
export const SNAPSHOTS: Readonly<Record<string, string>> = {
  announcements: 'AnnouncementsSnapshot',
  bids: 'AuctionSnapshot',
  leaderboard: 'LeaderboardSnapshot',
  messages: 'MessagesSnapshot',
  notifications: 'NotificationsSnapshot',
  orders: 'OrdersSnapshot',
  positions: 'PositionsSnapshot',
  roomState: 'RoomSnapshot',
  statuses: 'StatusesSnapshot',
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
 * What to send for an operation. Subscriptions that read a history ask for what going on takes: the argument `after`, the
 * cursor, offset and time of each entry, and whether a snapshot is a reset. Where all of that is there already the document
 * stays as it is. Throws GraphQLError on what is no GraphQL, TypeError where it can't be told what to run.
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
    throw new TypeError('The operation to run could not be told from the others: name it.')
  }
  const type = operation.operation
  if (type !== 'subscription') return { type, text: print(document), resumption: null }
  const [root] = operation.selectionSet.selections
  if (root?.kind !== Kind.FIELD) {
    throw new TypeError('A subscription selects its field directly, not by a fragment.')
  }
  const snapshot = SNAPSHOTS[root.name.value]
  if (snapshot === undefined) return { type, text: print(document), resumption: null }
  const { changed, resumption } = makeResumable(operation, root, snapshot)
  const definitions = document.definitions.map((each) => (each === operation ? changed : each))
  return { type, text: print({ ...document, definitions }), resumption }
}

function makeResumable(
  operation: OperationDefinitionNode,
  root: FieldNode,
  snapshot: string,
): { readonly changed: OperationDefinitionNode; readonly resumption: Resumption } {
  const after = root.arguments?.find(({ name }) => name.value === 'after')?.value
  const key = root.alias?.value ?? root.name.value
  const variable = after?.kind === Kind.VARIABLE ? after.name.value : freeVariable(operation)
  const pieces = piecesOf(variable, snapshot)
  const { selections } = root.selectionSet ?? { selections: [] }
  const field: FieldNode = {
    ...root,
    arguments:
      after?.kind === Kind.VARIABLE
        ? (root.arguments ?? [])
        : [...(root.arguments ?? []).filter(({ name }) => name.value !== 'after'), ...pieces.arguments],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [...selections, ...pieces.selections.filter((piece) => !isSelected(piece, selections))],
    },
  }
  const variables = operation.variableDefinitions ?? []
  const changed: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: after?.kind === Kind.VARIABLE ? variables : [...variables, ...pieces.variables],
    selectionSet: { ...operation.selectionSet, selections: [field] },
  }
  return { changed, resumption: { key, variable, initial: textOf(after) } }
}

function textOf(value: ValueNode | undefined): string | undefined {
  return value?.kind === Kind.STRING ? value.value : undefined
}

function freeVariable({ variableDefinitions = [] }: OperationDefinitionNode): string {
  const taken = new Set(variableDefinitions.map(({ variable }) => variable.name.value))
  let name = 'after'
  while (taken.has(name)) name += '_'
  return name
}

/** What going on takes, as nodes. */
function piecesOf(variable: string, snapshot: string) {
  const { definitions } = parse(
    `subscription ($${variable}: Cursor) {
      topic(after: $${variable}) { ... on Event { cursor offset at } ... on ${snapshot} { reset } }
    }`,
    { noLocation: true },
  )
  const [operation] = definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('it was written so')
  const [field] = operation.selectionSet.selections
  if (field?.kind !== Kind.FIELD) throw new TypeError('it was written so')
  return {
    variables: operation.variableDefinitions ?? [],
    arguments: field.arguments ?? [],
    selections: field.selectionSet?.selections ?? [],
  }
}

/** Whether fragments on that type, right here, select all of its fields by their own names. */
function isSelected(piece: SelectionNode, selections: readonly SelectionNode[]): boolean {
  if (piece.kind !== Kind.INLINE_FRAGMENT) return false
  const type = piece.typeCondition?.name.value
  const fields = selections.flatMap((each) =>
    each.kind === Kind.INLINE_FRAGMENT && each.typeCondition?.name.value === type
      ? namesOf(each.selectionSet.selections)
      : [],
  )
  return namesOf(piece.selectionSet.selections).every((name) => fields.includes(name))
}

function namesOf(selections: readonly SelectionNode[]): readonly string[] {
  return selections.flatMap((each) =>
    each.kind === Kind.FIELD && each.alias === undefined && (each.directives ?? []).length === 0
      ? [each.name.value]
      : [],
  )
}
