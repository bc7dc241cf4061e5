import type { RostrumClient } from '../client.ts'
import type { RostrumError } from '../error.ts'
import type { Observable } from '../observable.ts'
import type { Operation } from '../operation.ts'

/** The state that a subscription has built, while someone listens. */
export type Live<State> =
  /** No result yet. */
  | { readonly kind: 'loading' }
  /** Kept while disconnected, and continued after reconnecting. */
  | { readonly kind: 'live'; readonly state: State }
  /** Refused by the server: unknown topic, not signed in, or no permission. */
  | { readonly kind: 'refused'; readonly error: RostrumError }

/** How the results of a subscription become a state. */
export interface LiveDefinition<State, Result, Variables> {
  readonly operation: Operation<Result, Variables>
  /** `state` is undefined before the first result. */
  readonly reduce: (state: State | undefined, result: Result) => State
  /** The part of a state that stays valid after a reconnect. Omit if all of it does, or if the server sends everything again. */
  readonly afterGap?: (state: State) => State
}

const LOADING = { kind: 'loading' } as const

/** Results within this time are published together: a replay may bring thousands of entries. */
const FRAME_MS = 16
/** How long a state without listeners is kept, for users who leave a page and return. */
const LINGER_MS = 1_000

/** Subscribes while it has listeners. Later listeners get the current state. */
export function createLive<State, Result, Variables>(
  client: RostrumClient,
  { operation, reduce, afterGap }: LiveDefinition<State, Result, Variables>,
): Observable<Live<State>> {
  const listeners = new Set<() => void>()
  let current: Live<State> = LOADING
  let shown: Live<State> = current
  let frame: ReturnType<typeof setTimeout> | undefined
  let lingering: ReturnType<typeof setTimeout> | undefined
  let leave: (() => void) | undefined

  function show(): void {
    frame = undefined
    shown = current
    for (const listener of [...listeners]) listener()
  }

  function change(next: Live<State>): void {
    current = next
    frame ??= setTimeout(show, FRAME_MS)
  }

  function open(): () => void {
    const stopWatching = afterGap === undefined ? () => {} : watchGaps(afterGap)
    const unsubscribe = client.subscribe(operation, {
      next({ data }) {
        if (data === undefined || data === null) return
        const before = current.kind === 'live' ? current.state : undefined
        change({ kind: 'live', state: reduce(before, data) })
      },
      error: (error) => change({ kind: 'refused', error }),
      complete() {},
    })
    return () => {
      stopWatching()
      unsubscribe()
    }
  }

  /** Calls `keep` for each new connection, before its first result. */
  function watchGaps(keep: (state: State) => State): () => void {
    let last: string | undefined
    return client.connection.subscribe(() => {
      const connection = client.connection.get()
      if (connection.kind !== 'connected' || connection.connectionId === last) return
      last = connection.connectionId
      if (current.kind === 'live') change({ kind: 'live', state: keep(current.state) })
    })
  }

  function close(): void {
    leave?.()
    leave = undefined
    clearTimeout(frame)
    frame = undefined
    current = LOADING
    shown = current
  }

  return {
    get: () => shown,
    subscribe(listener) {
      const own = (): void => listener()
      clearTimeout(lingering)
      listeners.add(own)
      leave ??= open()
      return () => {
        listeners.delete(own)
        if (listeners.size > 0) return
        clearTimeout(lingering)
        lingering = setTimeout(close, LINGER_MS)
      }
    },
  }
}
