import type { Resumption } from './resumption.ts'

/** What every entry of a history says of itself. */
interface Entry {
  readonly __typename?: string
  readonly cursor: string
  /** Absent where the document does not ask for it. */
  readonly offset?: number
  /** When it was written, by the server's clock. */
  readonly at?: string
  /** Of snapshots alone: whether it replaces what the client holds. */
  reset?: boolean
}

/** What a result was, given to a subscription that has got so far. */
export type Taken =
  | { readonly kind: 'entry'; readonly isSnapshot: boolean; readonly at: number | null }
  /** It came before. */
  | { readonly kind: 'repeat' }
  /** No entry: an error in the place of one. */
  | { readonly kind: 'other' }

/** How far a subscription has got in its history. Each is given every result, in the order in which they come. */
export class Progress {
  /** Sent each time the subscription is: `after` in it goes along. */
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

  /** Whether there is an entry to go on from that came here. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** The history that the cursor points into is not this one any more: the snapshot that comes next is a reset. */
  startOver(): void {
    this.variables[this.#resumption.variable] = null
    this.#offset = undefined
    this.#hasBegun = false
    this.#isStartingOver = true
  }

  /** Makes a reset of the snapshot in `data` where the client starts over. */
  take(data: object): Taken {
    const { key, variable } = this.#resumption
    const entry: unknown = Reflect.get(data, key)
    if (!isEntry(entry)) return { kind: 'other' }
    const isSnapshot = typeof entry.reset === 'boolean' || entry.__typename?.endsWith('Snapshot') === true
    // Offsets of a history rise; a snapshot may begin another one.
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
