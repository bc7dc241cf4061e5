import type {
  DocumentNode,
  FragmentDefinitionNode,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql'

/**
 * Introspection reads no database, so the cost limit of an operation ignores it. It does take time: nested lists of
 * types produced 1.4 MB in 0.2 s. Clients therefore pay for it from their cost per second.
 */
export type MeasureIntrospection = (document: DocumentNode, definition: OperationDefinitionNode) => number

/** 10 fields of an introspection take about as long as one unit of cost, 20 µs. */
const FIELDS_PER_UNIT = 10
/** Stop counting here: no bucket holds this much. */
const MOST_FIELDS = 10_000_000
const ROOTS: ReadonlySet<string> = new Set(['__schema', '__type'])
/** Approximate list sizes in introspection types. */
const SIZES: Readonly<Record<string, number>> = {
  fields: 8,
  inputFields: 6,
  enumValues: 6,
  possibleTypes: 5,
  directives: 5,
  args: 2,
  locations: 2,
}

/** In units of cost. 0 without introspection. */
export function createIntrospectionMeasure(schema: GraphQLSchema): MeasureIntrospection {
  const typeCount = Object.keys(schema.getTypeMap()).length
  const known = new WeakMap<OperationDefinitionNode, number>()
  return (document, definition) => {
    const before = known.get(definition)
    if (before !== undefined) return before
    const cost = Math.ceil(
      new Counting(document, typeCount).fieldsIn(definition.selectionSet, false) / FIELDS_PER_UNIT,
    )
    known.set(definition, cost)
    return cost
  }
}

class Counting {
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #typeCount: number
  /** A fragment's fields are counted once, however often it is spread. */
  readonly #counted = new Map<string, number>()

  constructor({ definitions }: DocumentNode, typeCount: number) {
    this.#typeCount = typeCount
    for (const each of definitions) {
      if (each.kind === 'FragmentDefinition') this.#fragments.set(each.name.value, each)
    }
  }

  /** `isBelow`: the selection set is inside an introspection field. */
  fieldsIn({ selections }: SelectionSetNode, isBelow: boolean): number {
    let fields = 0
    for (const selection of selections) {
      if (selection.kind === 'FragmentSpread') fields += this.#fragment(selection.name.value, isBelow)
      else if (selection.kind === 'InlineFragment') fields += this.fieldsIn(selection.selectionSet, isBelow)
      else {
        const name = selection.name.value
        const isDescription = isBelow || ROOTS.has(name)
        const size = !isBelow ? 1 : name === 'types' ? this.#typeCount : (SIZES[name] ?? 1)
        const below = selection.selectionSet ? this.fieldsIn(selection.selectionSet, isDescription) : 0
        fields += (isDescription ? 1 : 0) + size * below
      }
    }
    return Math.min(fields, MOST_FIELDS)
  }

  #fragment(name: string, isBelow: boolean): number {
    const key = `${name} ${isBelow}`
    const before = this.#counted.get(key)
    if (before !== undefined) return before
    const fragment = this.#fragments.get(name)
    const fields = fragment === undefined ? 0 : this.fieldsIn(fragment.selectionSet, isBelow)
    this.#counted.set(key, fields)
    return fields
  }
}
