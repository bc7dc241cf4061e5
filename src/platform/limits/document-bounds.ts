import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  FragmentSpreadNode,
  SelectionSetNode,
} from 'graphql'

/**
 * Bounds on a document, in addition to its token limit. They are checked on the syntax tree before validation, because
 * some validation rules take quadratic time. OverlappingFieldsCanBeMerged compares all fields of one response path with
 * each other, and all fragments that are spread there; the variable rules visit each fragment once per operation.
 * Within these bounds the slowest documents we could construct validate in about 5 ms; without them a 5 KB document
 * took 90 ms.
 */
const MAX_ALIASES = 250
const MAX_OPERATIONS = 20
const MAX_FRAGMENTS = 60
const MAX_DIRECTIVES = 250
const MAX_VARIABLES = 250
/** Each repetition of a field at a response path is compared with all earlier ones. */
const MAX_COMPARISONS = 8_000
/** Selections visited to count the comparisons; a fragment is visited once per response path. */
const MAX_VISITS = 5_000

/** A sentence naming the exceeded bound, or null. */
export function excessOfDocument(document: DocumentNode): string | null {
  return new Counting(document).excess
}

/** Counts until the first bound is exceeded. */
class Counting {
  excess: string | null = null
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  #aliases = 0
  #directives = 0
  #visits = 0
  #comparisons = 0

  constructor({ definitions }: DocumentNode) {
    let [operations, variables] = [0, 0]
    for (const each of definitions) {
      if (each.kind === 'FragmentDefinition') this.#fragments.set(each.name.value, each)
      if (each.kind !== 'OperationDefinition') continue
      operations += 1
      variables += each.variableDefinitions?.length ?? 0
    }
    this.#bound(operations, MAX_OPERATIONS, 'operations')
    this.#bound(definitions.length - operations, MAX_FRAGMENTS, 'fragments')
    this.#bound(variables, MAX_VARIABLES, 'variables')
    for (const each of definitions) {
      if (each.kind !== 'OperationDefinition' && each.kind !== 'FragmentDefinition') continue
      this.#addDirectives(each)
      // Fragments too: one that is spread nowhere is validated all the same.
      this.#visit([each.selectionSet])
    }
  }

  /** All selection sets that meet at one response path. */
  #visit(sets: readonly SelectionSetNode[]): void {
    const fields = new Map<string, FieldNode[]>()
    const spread = new Set<string>()
    const waiting = [...sets]
    for (let set = waiting.pop(); set !== undefined && this.excess === null; set = waiting.pop()) {
      for (const selection of set.selections) {
        this.#visits += 1
        this.#addDirectives(selection)
        if (selection.kind === 'Field') this.#addField(selection, fields)
        else if (selection.kind === 'InlineFragment') waiting.push(selection.selectionSet)
        else this.#addSpread(selection, spread, waiting)
      }
      this.#bound(this.#visits, MAX_VISITS, 'selections')
      this.#bound(this.#aliases, MAX_ALIASES, 'aliases')
      this.#bound(this.#directives, MAX_DIRECTIVES, 'directives')
      this.#bound(this.#comparisons, MAX_COMPARISONS, 'comparisons of repeated fields')
    }
    for (const same of fields.values()) {
      const below = same.flatMap(({ selectionSet }) => selectionSet ?? [])
      if (below.length > 0 && this.excess === null) this.#visit(below)
    }
  }

  #addField(field: FieldNode, fields: Map<string, FieldNode[]>): void {
    if (field.alias !== undefined) this.#aliases += 1
    const name = (field.alias ?? field.name).value
    const same = fields.get(name)
    if (same === undefined) {
      fields.set(name, [field])
      return
    }
    this.#comparisons += same.length
    same.push(field)
  }

  #addSpread({ name }: FragmentSpreadNode, spread: Set<string>, waiting: SelectionSetNode[]): void {
    if (spread.has(name.value)) return
    this.#comparisons += spread.size
    spread.add(name.value)
    const fragment = this.#fragments.get(name.value)
    if (fragment !== undefined) waiting.push(fragment.selectionSet)
  }

  #addDirectives({ directives = [] }: { readonly directives?: readonly unknown[] | undefined }): void {
    this.#directives += directives.length
  }

  #bound(count: number, most: number, what: string): void {
    if (count > most)
      this.excess ??= `The document has more than ${most} ${what}. Split it, or use fragments and variables.`
  }
}
