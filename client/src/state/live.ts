import type { RostrumClient } from '../client.ts'
import type { RostrumError } from '../error.ts'
import type { Observable } from '../observable.ts'
import type { Operation } from '../operation.ts'

/** What a subscription made of all that came, as long as somebody looks. */
export type Live<State> =
  /** Nothing came yet. */
  | { readonly kind: 'loading' }
  /** Also while the connection is away: then it is how things stood, and goes on from there. */
  | { readonly kind: 'live'; readonly state: State }
  /** The server will not have it: no such topic, not signed in, not allowed. */
  | { readonly kind: 'refused'; readonly error: RostrumError }

/** How a subscription becomes a state. */
export interface LiveDefinition<State, Result, Variables> {
  readonly operation: Operation<Result, Variables>
  /** `state` is undefined before the first result. */
  readonly reduce: (state: State | undefined, result: Result) => State
  /** What still holds of a state after a time without a connection. Absent: all, since nothing is missed, or all is told anew. */
  readonly afterGap?: (state: State) => State
}

const LOADING = { kind: 'loading' } as const

/** What comes within so long is shown at once: a replay may bring thousands of entries. */
const FRAME_MS = 16
/** A state that nobody looks at is kept so long, for who leaves a page and comes back. */
const LINGER_MS = 1_000

/** Subscribed to while anyone listens. Those who come later find what is there. */
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

  /** Another connection than the last one: it is known of before anything comes over it. */
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
