import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type ValueNode,
} from 'graphql'

/** A subscription to a history, which can resume from a cursor. */
export interface Resumption {
  /** The key of the root field in results. */
  readonly key: string
  /** The variable that holds the cursor to resume from. */
  readonly variable: string
  /** Where it starts, if the document says so. */
  readonly initial: string | undefined
}

/**
 * The histories known to this version, with the type of their snapshots. Only documents without their own `after` need this list:
 * other histories resume if their document passes `after`.
 */
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

interface Resumable {
  readonly operation: OperationDefinitionNode
  readonly resumption: Resumption
}

/**
 * The subscription `operation` with everything that resuming needs; null if it does not read a history. A history is a field of
 * SNAPSHOTS, or a field whose `after` is a string or a variable of type Cursor, so that servers may have histories unknown to this
 * version. Throws TypeError if the root field is inside a fragment.
 */
export function makeResumable(document: DocumentNode, operation: OperationDefinitionNode): Resumable | null {
  const [root] = operation.selectionSet.selections
  if (root?.kind !== Kind.FIELD) {
    throw new TypeError('A subscription selects its field directly, not by a fragment.')
  }
  const after = root.arguments?.find(({ name }) => name.value === 'after')?.value
  const snapshot = SNAPSHOTS[root.name.value]
  if (snapshot === undefined && !isCursor(after, operation)) return null
  const variable = after?.kind === Kind.VARIABLE ? after.name.value : freeVariable(operation)
  const { selections } = root.selectionSet ?? { selections: [] }
  const added =
    snapshot === undefined
      ? missingOfUnknown(selections, document)
      : selectionsOf(`{ ... on Event { cursor offset at } ... on ${snapshot} { reset } }`).filter(
          (each) => !isSelected(each, selections),
        )
  const field: FieldNode = {
    ...root,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [...selections, ...added] },
  }
  const changed: OperationDefinitionNode = {
    ...operation,
    selectionSet: { ...operation.selectionSet, selections: [field] },
  }
  return {
    operation: after?.kind === Kind.VARIABLE ? changed : withVariable(changed, field, variable),
    resumption: { key: root.alias?.value ?? root.name.value, variable, initial: textOf(after) },
  }
}

function isCursor(
  after: ValueNode | undefined,
  { variableDefinitions = [] }: OperationDefinitionNode,
): boolean {
  if (after?.kind !== Kind.VARIABLE) return after?.kind === Kind.STRING
  const type = variableDefinitions.find(({ variable }) => variable.name.value === after.name.value)?.type
  const named = type?.kind === Kind.NON_NULL_TYPE ? type.type : type
  return named?.kind === Kind.NAMED_TYPE && named.name.value === 'Cursor'
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

/** `operation` with `variable` as the argument `after` of `field`, its root. */
function withVariable(
  operation: OperationDefinitionNode,
  field: FieldNode,
  variable: string,
): OperationDefinitionNode {
  const { variableDefinitions = [], root } = parsed(
    `subscription ($${variable}: Cursor) { topic(after: $${variable}) }`,
  )
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== 'after')
  const changed: FieldNode = { ...field, arguments: [...others, ...(root.arguments ?? [])] }
  return {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), ...variableDefinitions],
    selectionSet: { ...operation.selectionSet, selections: [changed] },
  }
}

/** For topic families unknown to this version, __typename distinguishes entries from snapshots. */
function missingOfUnknown(
  selections: readonly SelectionNode[],
  document: DocumentNode,
): readonly SelectionNode[] {
  const names = new Set(namesIn(selections, document))
  return [
    ...(names.has('cursor') ? [] : selectionsOf('{ ... on Event { cursor offset at } }')),
    ...(names.has('reset') || names.has('__typename') ? [] : selectionsOf('{ __typename }')),
  ]
}

/** The fields that `selections` select without an alias, on any type. */
function namesIn(selections: readonly SelectionNode[], document: DocumentNode): readonly string[] {
  return selections.flatMap((each) => {
    if (each.kind === Kind.FIELD) return namesOf([each])
    if (each.kind === Kind.INLINE_FRAGMENT) return namesIn(each.selectionSet.selections, document)
    const fragment = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === each.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION
      ? namesIn(fragment.selectionSet.selections, document)
      : []
  })
}

function parsed(text: string): {
  readonly variableDefinitions: OperationDefinitionNode['variableDefinitions']
  readonly root: FieldNode
} {
  const [operation] = parse(text, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('it was written so')
  const [root] = operation.selectionSet.selections
  if (root?.kind !== Kind.FIELD) throw new TypeError('it was written so')
  return { variableDefinitions: operation.variableDefinitions, root }
}

function selectionsOf(text: string): readonly SelectionNode[] {
  return parsed(`{ topic ${text} }`).root.selectionSet?.selections ?? []
}

/** Whether inline fragments on that type select all of its fields without an alias. */
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
