import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { getArgumentValues } from 'graphql/execution/values.js'

/** How much an operation may ask for. */
export interface SizeLimits {
  /** Levels of fields. */
  readonly maxQueryDepth: number
  /** Fields, those of a connection's nodes as often as there may be nodes. */
  readonly maxQueryComplexity: number
}

/** Nodes of a connection where neither `first` nor `last` says, and at most. */
const NODES = { default: 20, most: 100 } as const
const INTROSPECTION = new Set(['__schema', '__type'])

export interface OperationSize {
  /** A sentence that names the limit which the operation exceeds; null where it exceeds none. */
  readonly excess: string | null
  readonly complexity: number
}

export type SizeCheck = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  /** Coerced. */
  variables: Readonly<Record<string, unknown>>,
) => OperationSize

/** For valid documents. What no variable can change is measured once for each document. */
export function createSizeCheck(schema: GraphQLSchema, limits: SizeLimits): SizeCheck {
  const known = new WeakMap<OperationDefinitionNode, OperationSize>()
  return (document, definition, variables) => {
    const found = known.get(definition)
    if (found !== undefined) return found
    const measured = measure(schema, document, definition, variables, limits)
    if (!measured.dependsOnVariables) known.set(definition, measured)
    return measured
  }
}

interface Measured extends OperationSize {
  readonly dependsOnVariables: boolean
}

/**
 * Stops where it is too much: fragments that hold fragments can make of a short text more fields than there is time to
 * count. What is below `__schema` and `__type` does not count.
 */
function measure(
  schema: GraphQLSchema,
  document: DocumentNode,
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  { maxQueryDepth, maxQueryComplexity }: SizeLimits,
): Measured {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const each of document.definitions) {
    if (each.kind === 'FragmentDefinition') fragments.set(each.name.value, each)
  }
  let complexity = 0
  let excess: string | null = null
  let dependsOnVariables = false

  function visit(
    set: SelectionSetNode,
    type: GraphQLCompositeType,
    depth: number,
    times: number,
    nodes: number,
  ): void {
    for (const selection of set.selections) {
      if (excess !== null) return
      if (selection.kind === 'Field') visitField(selection, type, depth, times, nodes)
      else {
        const fragment = selection.kind === 'InlineFragment' ? selection : fragments.get(selection.name.value)
        const on = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
        if (fragment) visit(fragment.selectionSet, isCompositeType(on) ? on : type, depth, times, nodes)
      }
    }
  }

  /** `nodes`: how many there may be of what a connection has in `edges` or `nodes`, where `type` is one. */
  function visitField(
    node: FieldNode,
    type: GraphQLCompositeType,
    depth: number,
    times: number,
    nodes: number,
  ): void {
    complexity += times
    const name = node.name.value
    if (depth > maxQueryDepth) excess = `The operation nests deeper than ${maxQueryDepth} levels.`
    else if (complexity > maxQueryComplexity) {
      excess = `The operation asks for more than ${maxQueryComplexity} fields, those of lists counted as often as they may come.`
    }
    if (excess !== null || node.selectionSet === undefined || INTROSPECTION.has(name)) return
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
    const below = field && getNamedType(field.type)
    if (field === undefined || !isCompositeType(below)) return
    if (isConnection(below)) visit(node.selectionSet, below, depth + 1, times, nodesOf(field, node))
    else if (name === 'edges') visit(node.selectionSet, below, depth + 1, times, nodes)
    else visit(node.selectionSet, below, depth + 1, name === 'node' ? times * nodes : times, 1)
  }

  function nodesOf(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    if (node.arguments?.some(({ value }) => value.kind === 'Variable')) dependsOnVariables = true
    const args = getArgumentValues(field, node, variables)
    const asked = Number(args['first'] ?? args['last'] ?? NODES.default)
    return Math.min(Math.max(asked, 1), NODES.most)
  }

  const root = schema.getRootType(definition.operation)
  if (root) visit(definition.selectionSet, root, 1, 1, 1)
  return { excess, complexity, dependsOnVariables }
}

function isConnection(type: GraphQLCompositeType): boolean {
  return isObjectType(type) && type.name.endsWith('Connection')
}
