import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { COMMAND } from './field-cost.ts'

/** Limits on one operation. */
export interface CostLimits {
  /** Levels of fields. */
  readonly maxQueryDepth: number
  /** Total cost. */
  readonly maxQueryComplexity: number
}

export interface OperationSize {
  /** At least 1. */
  readonly cost: number
  /** Levels of fields. */
  readonly depth: number
}

/**
 * Measures operations of a valid document with coerced variables. Parts that do not depend on variables are computed
 * once per document.
 */
export type MeasureOperation = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => OperationSize

const CONNECTION = { size: 20, maxSize: 100 } as const
const INTROSPECTION: ReadonlySet<string> = new Set(['__schema', '__type'])
const NOTHING: OperationSize = { cost: 0, depth: 0 }

export function createOperationMeasure(schema: GraphQLSchema): MeasureOperation {
  const known = new WeakMap<OperationDefinitionNode, OperationSize>()
  return (document, definition, variables) => {
    const before = known.get(definition)
    if (before !== undefined) return before
    const measuring = new Measuring(schema, document, variables)
    const size = measuring.operation(definition)
    if (!measuring.dependsOnVariables) known.set(definition, size)
    return size
  }
}

/**
 * The cost of executing a subscription for one event: the most expensive member of its union except `snapshotType`,
 * which is executed only at the start.
 */
export type MeasureEvents = (
  document: DocumentNode,
  definition: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  snapshotType: string,
) => number

export function createEventMeasure(schema: GraphQLSchema): MeasureEvents {
  const known = new WeakMap<OperationDefinitionNode, number>()
  return (document, definition, variables, snapshotType) => {
    const before = known.get(definition)
    if (before !== undefined) return before
    const measuring = new Measuring(schema, document, variables, snapshotType)
    const { cost } = measuring.operation(definition)
    if (!measuring.dependsOnVariables) known.set(definition, cost)
    return cost
  }
}

/** A sentence naming the exceeded limit, or null. */
export function excessOf({ cost, depth }: OperationSize, limits: CostLimits): string | null {
  if (depth > limits.maxQueryDepth) {
    return `The operation nests ${depth} levels; at most ${limits.maxQueryDepth} are allowed. Split it.`
  }
  if (cost > limits.maxQueryComplexity) {
    return `The operation costs ${shown(cost)}; at most ${limits.maxQueryComplexity} is allowed. Ask for shorter lists or fewer fields.`
  }
  return null
}

/** Nested fragments can produce astronomical numbers from a short document. */
function shown(cost: number): string {
  return cost < 1e9 ? String(cost) : 'more than a billion'
}

/**
 * Sums up the cost of one operation. A selection set is measured for one object type at a time: for a union the most
 * expensive member counts, since each item is one of them. The cost of a fragment per type is memoized, so nested
 * fragments take time linear in the document.
 */
class Measuring {
  readonly #schema: GraphQLSchema
  readonly #variables: Readonly<Record<string, unknown>>
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #measured = new Map<string, OperationSize>()
  readonly #omittedType: string | undefined
  dependsOnVariables = false

  /** `omittedType` is ignored if it is one of several possible types. */
  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    omittedType?: string,
  ) {
    this.#schema = schema
    this.#variables = variables
    this.#omittedType = omittedType
    for (const each of document.definitions) {
      if (each.kind === 'FragmentDefinition') this.#fragments.set(each.name.value, each)
    }
  }

  operation(definition: OperationDefinitionNode): OperationSize {
    const root = this.#schema.getRootType(definition.operation)
    const { cost, depth } = root ? this.#set(definition.selectionSet, root, 1) : NOTHING
    return { cost: Math.max(1, cost), depth }
  }

  /** `items`: the number of items if `type` is a connection. */
  #set(set: SelectionSetNode, type: GraphQLObjectType, items: number): OperationSize {
    let [cost, depth] = [0, 0]
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue
      const size =
        selection.kind === 'Field'
          ? this.#field(selection, type, items)
          : this.#fragment(selection, type, items)
      cost += size.cost
      depth = Math.max(depth, size.depth)
    }
    return { cost, depth }
  }

  #fragment(
    selection: Exclude<SelectionNode, FieldNode>,
    type: GraphQLObjectType,
    items: number,
  ): OperationSize {
    if (selection.kind === 'InlineFragment') {
      return this.#applies(selection.typeCondition?.name.value, type)
        ? this.#set(selection.selectionSet, type, items)
        : NOTHING
    }
    const name = selection.name.value
    const key = `${name} ${type.name} ${items}`
    const before = this.#measured.get(key)
    if (before !== undefined) return before
    const fragment = this.#fragments.get(name)
    const applies = fragment !== undefined && this.#applies(fragment.typeCondition.name.value, type)
    const size = applies ? this.#set(fragment.selectionSet, type, items) : NOTHING
    this.#measured.set(key, size)
    return size
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true
    const on = this.#schema.getType(condition)
    return isAbstractType(on) && this.#schema.isSubType(on, type)
  }

  #field(node: FieldNode, parent: GraphQLObjectType, items: number): OperationSize {
    const name = node.name.value
    // A free field is executed once per object, however often it is selected; an alias makes it another field.
    const least = node.alias === undefined ? 0 : 1
    if (name === '__typename') return { cost: least, depth: 1 }
    const field = parent.getFields()[name]
    if (INTROSPECTION.has(name) || field === undefined) return { cost: 1, depth: 1 }
    const own = field.extensions.cost?.weight ?? (this.#isMutation(parent) ? COMMAND : 1)
    const weight = Math.max(own, least)
    if (node.selectionSet === undefined) return { cost: weight, depth: 1 }
    const isList = isListType(getNullableType(field.type))
    const size = isList || isConnection(field.type) ? this.#items(field, node, parent, items) : 1
    const below = this.#below(node.selectionSet, field.type, isList ? 1 : size)
    return { cost: weight + (isList ? size : 1) * below.cost, depth: 1 + below.depth }
  }

  /** For an abstract type, the cost of its most expensive member. */
  #below(set: SelectionSetNode, type: GraphQLOutputType, items: number): OperationSize {
    const named = getNamedType(type)
    if (isObjectType(named)) return this.#set(set, named, items)
    if (!isCompositeType(named)) return NOTHING
    const types = this.#schema.getPossibleTypes(named).filter(({ name }) => name !== this.#omittedType)
    const sizes = types.map((each) => this.#set(set, each, items))
    return {
      cost: Math.max(0, ...sizes.map(({ cost }) => cost)),
      depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
    }
  }

  #items(
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    parent: GraphQLObjectType,
    items: number,
  ): number {
    const { size = CONNECTION.size, maxSize = CONNECTION.maxSize } = field.extensions.cost ?? {}
    const isSized = field.args.some(({ name }) => name === 'first' || name === 'last')
    if (!isSized) return isConnection(parent) && field.extensions.cost?.size === undefined ? items : size
    const asked = this.#number(field, node, 'first') ?? this.#number(field, node, 'last') ?? size
    return Math.min(Math.max(asked, 1), maxSize)
  }

  /** The value of an argument; undefined if null or absent. */
  #number(field: GraphQLField<unknown, unknown>, node: FieldNode, name: string): number | undefined {
    const given = node.arguments?.find((each) => each.name.value === name)?.value
    const value = given?.kind === 'Variable' ? this.#variables[given.name.value] : undefined
    if (given?.kind === 'Variable') this.dependsOnVariables = true
    if (given?.kind === 'IntValue') return Number(given.value)
    if (given?.kind === 'NullValue' || value === null) return undefined
    const byDefault = field.args.find((each) => each.name === name)?.defaultValue
    return numberOf(value) ?? numberOf(byDefault)
  }

  #isMutation(type: GraphQLObjectType): boolean {
    return type === this.#schema.getMutationType()
  }

  /** Whether `@skip` and `@include` both include the node. */
  #isIncluded({ directives = [] }: SelectionNode): boolean {
    return directives.every(({ name, arguments: args }) => {
      if (name.value !== 'skip' && name.value !== 'include') return true
      const value = args?.find((each) => each.name.value === 'if')?.value
      if (value?.kind === 'Variable') this.dependsOnVariables = true
      const isOn =
        value?.kind === 'Variable'
          ? this.#variables[value.name.value] === true
          : value?.kind === 'BooleanValue' && value.value
      return isOn === (name.value === 'include')
    })
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function isConnection(type: GraphQLOutputType): boolean {
  const nullable = getNullableType(type)
  return isObjectType(nullable) && nullable.name.endsWith('Connection')
}
