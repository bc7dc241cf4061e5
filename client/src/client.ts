import { backoffMs } from './backoff.ts'
import type { ServerClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { errorFrom, RostrumError } from './error.ts'
import { runOnce } from './execute.ts'
import { iterateOver } from './iterate.ts'
import type { Observable } from './observable.ts'
import { type Operation, type OperationResult, prepareOperation } from './operation.ts'
import { createRecovered } from './recovered.ts'
import { createSocket } from './socket.ts'
import { isPassing, keepSubscribed, type Open, type Sink } from './subscription.ts'
import type { TokenSource } from './token.ts'

export interface RostrumClientOptions {
  /** Address of the server: `https://rostrum.example`, `ws://…/graphql`, or the page's own `/graphql`. A function is called for each connection. */
  readonly url: string | (() => string | Promise<string>)
  /** Omit for an anonymous visitor, who sees public data only. */
  readonly token?: TokenSource
  /** For platforms without a WebSocket, or to send your own headers. */
  readonly webSocketImpl?: typeof WebSocket
  /** Delay before connection attempt 0, 1, 2 … in milliseconds. Default: exponential up to 20 s, with jitter. */
  readonly backoff?: (attempt: number) => number
}

/**
 * One connection for all operations of an application. It opens with the first operation, stays open while a subscription
 * runs, and reconnects for as long as that takes.
 */
export interface RostrumClient {
  /**
   * Subscribes until you call the returned function. A subscription to a history resumes after a lost connection where it stopped:
   * `sink` gets every entry, in order, exactly once. If the server no longer has those entries, it sends a snapshot with
   * `reset: true`: replace your state with it. Throws if the document is not GraphQL; later errors go to `sink.error`.
   */
  subscribe<Result, Variables>(operation: Operation<Result, Variables>, sink: Sink<Result>): () => void
  /** `subscribe` as an async iterable: leaving the loop unsubscribes; errors are thrown in the loop. */
  iterate<Result, Variables>(
    operation: Operation<Result, Variables>,
  ): AsyncIterableIterator<OperationResult<Result>>
  /**
   * Runs a query or mutation, and sends it again if the connection is lost before the answer. Mutations are sent again only if their
   * variables hold an `idempotencyKey` or a `clientMessageId`; others reject with OUTCOME_UNKNOWN. GraphQL errors are part of the
   * result; rejects with RostrumError if no result arrives.
   */
  execute<Result, Variables>(operation: Operation<Result, Variables>): Promise<OperationResult<Result>>
  readonly connection: Observable<Connection>
  readonly clock: ServerClock
  /** Fetches the token again and sends it to the server. Call it after signing in, switching users or signing out. */
  renewToken(): Promise<void>
  /** Closes the connection and completes all subscriptions. */
  dispose(): Promise<void>
}

export function createRostrumClient({
  url,
  token = null,
  webSocketImpl = globalThis.WebSocket,
  backoff = backoffMs,
}: RostrumClientOptions): RostrumClient {
  /** Functions that end the running operations. */
  const running = new Set<() => void>()
  let asked = 0
  let isDisposed = false
  const socket = createSocket({ url, token, webSocketImpl, backoff, isWanted: () => asked > 0 })
  const { client, connection, clock } = socket
  const onEntry = createRecovered(connection, socket.reconnectedAt)
  const open: Open = ({ query, variables, operationName }, { next, error, complete }) =>
    client.subscribe(
      { query, variables, operationName },
      { next, complete, error: (reason) => error(errorFrom(reason)) },
    )

  function begin(): void {
    if (isDisposed) throw new RostrumError('DISPOSED', 'The client was disposed of.')
    asked += 1
  }

  const subscribe: RostrumClient['subscribe'] = (operation, sink) => {
    // Invalid documents throw before anything starts.
    prepareOperation(operation)
    begin()
    const stop = once(() => {
      running.delete(stop)
      asked -= 1
      leave()
    })
    running.add(stop)
    const leave = keepSubscribed(
      operation,
      {
        next: (result) => sink.next(result),
        error(error) {
          stop()
          sink.error(error)
        },
        complete() {
          stop()
          sink.complete()
        },
      },
      { open, backoff, onEntry, isPassing },
    )
    return stop
  }

  return {
    subscribe,
    iterate: (operation) => iterateOver((sink) => subscribe(operation, sink)),
    async execute(operation) {
      begin()
      try {
        return await runOnce(operation, client, connection.get().kind === 'connected')
      } finally {
        asked -= 1
      }
    },
    connection,
    clock,
    renewToken: socket.renew,
    async dispose() {
      isDisposed = true
      for (const stop of running) stop()
      await socket.dispose()
    },
  }
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}
