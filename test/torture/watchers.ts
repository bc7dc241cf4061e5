import { setTimeout as pause } from 'node:timers/promises'
import { decodeCursor } from '../../src/engine/kernel/cursor.ts'
import { asTopic } from '../../src/engine/kernel/topic.ts'
import { openApolloReader } from '../clients/reader.apollo.ts'
import { openGraphqlWsReader } from '../clients/reader.graphql-ws.ts'
import type { CuttableReader, Entry } from '../clients/reader.ts'
import { openUrqlReader } from '../clients/reader.urql.ts'
import { createRandom } from '../support/random.ts'
import { answerAll, readOrder } from './child.ts'
import { appendTo, type Reach, type Seen } from './records.ts'
import { type Content, effectOf } from './stored.ts'

/** A process of clients, each of which keeps one subscription running across nodes, and logs it. */
export interface WatchersOrder {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly file: string
  readonly watched: readonly Watched[]
}

export interface Watched {
  /** Unique in a run. */
  readonly subscription: string
  readonly topic: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly library: Library
  readonly token?: string
}

export type WatchersRequest =
  /** Resolves when every client has received its first payload. */
  | { readonly kind: 'begun' }
  /** Resolves with true once all clients but `except` have reached these positions, with false after `timeoutMs`. */
  | {
      readonly kind: 'reach'
      readonly reaches: readonly Reach[]
      readonly except: readonly string[]
      readonly timeoutMs: number
    }
  | { readonly kind: 'follow'; readonly watched: readonly Watched[] }
  /** Cuts all connections. */
  | { readonly kind: 'cut' }
  /** Resolves with the ms since the last cut once this share of clients has received something. */
  | { readonly kind: 'restored'; readonly percent: number }
  /** Cuts each connection repeatedly, every `minMs` to `maxMs`, until set to `Infinity`. */
  | { readonly kind: 'flap'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'calm' }
  /** Closes all or some connections until `back`; resolves with the position of each: `readonly Stand[]`. */
  | { readonly kind: 'away'; readonly only?: readonly string[] }
  | { readonly kind: 'back'; readonly only?: readonly string[] }
  /** The number of connections opened since the start. */
  | { readonly kind: 'connections' }
  /** All snapshots with `reset` so far, in order: `readonly Reset[]`. */
  | { readonly kind: 'resets' }

/** The last position that a client has of its topic. */
export interface Stand {
  readonly subscription: string
  readonly topic: string
  readonly cursor: string
  readonly offset: number
}

export interface Reset extends Stand {
  readonly atMs: number
  /** Everything that was selected. */
  readonly snapshot: unknown
}

const OPEN = {
  'graphql-ws': openGraphqlWsReader,
  apollo: openApolloReader,
  urql: openUrqlReader,
} as const
export type Library = keyof typeof OPEN

const RETRY_MS = 200
const LOOK_MS = 20
const FINAL = /FORBIDDEN|NOT_FOUND|UNAUTHENTICATED|CURSOR_INVALID|"code":4403/

const { seed, nodes, file, watched } = await readOrder<WatchersOrder>()
const random = createRandom(seed)
const log = appendTo<Seen>(file)
const resets: Reset[] = []
let connections = 0
let isFlapping = false
let cutAt = 0

/** A random node, so that clients spread, and try another if one is down. */
function address(): string {
  connections += 1
  return nodes[random(nodes.length)] ?? ''
}

function createWatcher({ subscription, topic, query, variables, library, token }: Watched) {
  let reader: CuttableReader | undefined
  let after: string | undefined
  let offset = -1
  let epoch: number | undefined
  let life = 0
  let isMissing = false

  function onEntry(entry: Entry): void {
    const { __typename, cursor, offset: shown, reset = false } = entry
    const position = decodeCursor(asTopic(topic), cursor)
    isMissing = false
    if (position === undefined || position.offset !== shown)
      throw new RangeError(`a cursor that says another offset than its entry: ${cursor}`)
    after = cursor
    offset = position.offset
    epoch = position.epoch
    const kind = __typename.endsWith('Snapshot') ? 'snapshot' : 'entry'
    const atMs = Date.now()
    const effect = kind === 'snapshot' ? null : effectOf(__typename, entry as Content)
    log({ subscription, topic, kind, ...position, isReset: reset, atMs, effect })
    if (reset) resets.push({ subscription, topic, cursor, offset, atMs, snapshot: entry })
  }

  function open(): void {
    life += 1
    const own = life
    const options = {
      token,
      retryMs: () => random(RETRY_MS),
      onEntry: (entry: Entry) => {
        if (own === life) onEntry(entry)
      },
      onEnd(reason: unknown) {
        if (own !== life) return
        life += 1
        close()
        if (FINAL.test(describe(reason))) return
        // The server was temporarily unable to serve it.
        setTimeout(open, random(RETRY_MS))
      },
    }
    reader = OPEN[library](address, { query, variables: { ...variables, after } }, options)
  }

  function close(): void {
    // Closing a socket while it connects emits an error.
    void Promise.resolve(reader?.[Symbol.asyncDispose]()).catch(() => {})
    reader = undefined
  }

  return {
    ...{ subscription, topic },
    get stand(): Stand {
      return { subscription, topic, cursor: after ?? '', offset }
    },
    get offset() {
      return offset
    },
    /** Whether it has all entries of that history. */
    hasReached({ head, ...reach }: Reach): boolean {
      return epoch === reach.epoch && offset >= head
    },
    get isMissing() {
      return isMissing
    },
    open,
    cut() {
      isMissing = true
      reader?.cut()
    },
    leave() {
      life += 1
      close()
    },
  }
}

function describe(reason: unknown): string {
  if (reason instanceof Error) return `${JSON.stringify(reason)} ${reason.message}`
  const { code } = (reason ?? {}) as { readonly code?: unknown }
  return code === undefined ? JSON.stringify(reason ?? null) : JSON.stringify({ code })
}

const watchers = watched.map(createWatcher)
for (const watcher of watchers) watcher.open()

function those(only: readonly string[] | undefined) {
  return only === undefined ? watchers : watchers.filter(({ subscription }) => only.includes(subscription))
}

async function until(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs
  while (!isSo()) {
    if (Date.now() > end) return false
    await pause(LOOK_MS)
  }
  return true
}

async function flap(cut: () => void, minMs: number, maxMs: number): Promise<void> {
  while (isFlapping) {
    await pause(minMs + random(maxMs - minMs))
    if (isFlapping) cut()
  }
}

answerAll<WatchersRequest>(async (request) => {
  switch (request.kind) {
    case 'begun':
      return until(() => watchers.every(({ offset }) => offset >= 0), 60_000)
    case 'reach': {
      const reaches = new Map(request.reaches.map((reach) => [reach.topic, reach]))
      const due = watchers.filter(({ subscription }) => !request.except.includes(subscription))
      return until(
        () =>
          due.every((watcher) => {
            const reach = reaches.get(watcher.topic)
            return reach === undefined || watcher.hasReached(reach)
          }),
        request.timeoutMs,
      )
    }
    case 'follow': {
      const more = request.watched.map(createWatcher)
      watchers.push(...more)
      for (const watcher of more) watcher.open()
      return true
    }
    case 'cut':
      cutAt = Date.now()
      for (const watcher of watchers) watcher.cut()
      return true
    case 'restored': {
      const most = watchers.length * (1 - request.percent / 100)
      await until(() => watchers.filter(({ isMissing }) => isMissing).length <= most, 60_000)
      return Date.now() - cutAt
    }
    case 'flap':
      isFlapping = true
      for (const watcher of watchers) void flap(watcher.cut, request.minMs, request.maxMs)
      return true
    case 'calm':
      isFlapping = false
      return true
    case 'away':
      for (const watcher of those(request.only)) watcher.leave()
      return those(request.only).map((watcher): Stand => watcher.stand)
    case 'back':
      for (const watcher of those(request.only)) watcher.open()
      return true
    case 'connections':
      return connections
    case 'resets':
      return resets
  }
})
