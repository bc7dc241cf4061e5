import type { Resumption } from './resumption.ts'

/** The fields that every entry of a history has. */
interface Entry {
  readonly __typename?: string
  readonly cursor: string
  /** Undefined if the document does not select it. */
  readonly offset?: number
  /** When the entry was written, by the server's clock. */
  readonly at?: string
  /** Snapshots only: whether it replaces the client's state. */
  reset?: boolean
}

/** How a result relates to a subscription's progress. */
export type Taken =
  | { readonly kind: 'entry'; readonly isSnapshot: boolean; readonly at: number | null }
  /** Already delivered. */
  | { readonly kind: 'repeat' }
  /** An error in place of an entry. */
  | { readonly kind: 'other' }

/** A subscription's position in its history. Takes every result, in order of arrival. */
export class Progress {
  /** The variables to send with each subscribe; `after` advances with the entries. */
  readonly variables: Record<string, unknown>
  readonly #resumption: Resumption
  #offset: number | undefined
  #hasBegun = false
  #isStartingOver = false

  constructor(resumption: Resumption, variables: Readonly<Record<string, unknown>>) {
    const { variable, initial } = resumption
    this.#resumption = resumption
    this.variables = { ...variables }
    this.variables[variable] ??= initial ?? null
  }

  /** Whether an entry has arrived to resume from. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** The cursor belongs to another history: the next snapshot is a reset. */
  startOver(): void {
    this.variables[this.#resumption.variable] = null
    this.#offset = undefined
    this.#hasBegun = false
    this.#isStartingOver = true
  }

  /** Marks the snapshot in `data` as a reset if the client starts over. */
  take(data: object): Taken {
    const { key, variable } = this.#resumption
    const entry: unknown = Reflect.get(data, key)
    if (!isEntry(entry)) return { kind: 'other' }
    const isSnapshot = typeof entry.reset === 'boolean' || entry.__typename?.endsWith('Snapshot') === true
    // Offsets rise within a history; a snapshot may start another one.
    const { offset = null, at } = entry
    if (!isSnapshot && this.#offset !== undefined && offset !== null && offset <= this.#offset) {
      return { kind: 'repeat' }
    }
    this.#offset = offset ?? undefined
    this.#hasBegun = true
    this.variables[variable] = entry.cursor
    if (isSnapshot && this.#isStartingOver) {
      entry.reset = true
      this.#isStartingOver = false
    }
    return { kind: 'entry', isSnapshot, at: at === undefined ? null : Date.parse(at) }
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'cursor' in value && typeof value.cursor === 'string'
}
