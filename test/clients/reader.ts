/** What every entry of a durable topic says here. */
export interface Entry {
  readonly __typename: string
  readonly cursor: string
  readonly offset: number
  /** Of snapshots that say so. */
  readonly reset?: boolean
}

export interface Subscription {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** A client that keeps one subscription going over cuts, and everything that it brought since it began. */
export interface Reader extends AsyncDisposable {
  readonly entries: readonly Entry[]
  /** Resolves with the first `count` entries. */
  take(count: number): Promise<readonly Entry[]>
}

/** The address of a node without a path, asked for each connection: clients may go from node to node. */
export type Address = () => string

export interface ReaderOptions {
  readonly token?: string | undefined
  readonly retryMs?: () => number
  onEntry?(entry: Entry): void
  /** The subscription is over, for a reason that the client does not retry by itself. */
  onEnd?(reason: unknown): void
}

/** A reader whose connection can be cut as a network would. */
export interface CuttableReader extends Reader {
  cut(): void
}

export type OpenCuttableReader = (
  address: Address,
  subscription: Subscription,
  options?: ReaderOptions,
) => CuttableReader

/** Subscribes at `url`, the address of a node without a path. */
export type OpenReader = (url: string, subscription: Subscription) => Reader

/** How soon a client tries again. In the wild: later, and with jitter. */
export const RETRY_MS = 20

/** The entry in a subscription's result; there is one root field. */
export function entryOf(data: unknown): Entry | undefined {
  return Object.values((data ?? {}) as Readonly<Record<string, Entry>>)[0]
}

/** Where a client puts what came, and a test waits for it. */
export interface Arrivals extends Pick<Reader, 'entries' | 'take'> {
  add(entry: Entry): void
}

export function createArrivals(onEntry: (entry: Entry) => void = () => {}): Arrivals {
  const entries: Entry[] = []
  let arrival = Promise.withResolvers<void>()
  return {
    entries,
    add(entry) {
      entries.push(entry)
      onEntry(entry)
      arrival.resolve()
      arrival = Promise.withResolvers()
    },
    async take(count) {
      while (entries.length < count) await arrival.promise
      return entries.slice(0, count)
    },
  }
}
