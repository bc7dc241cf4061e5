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
  /** Of the server: `https://rostrum.example`, `ws://…/graphql`, a page's own `/graphql`; asked for each connection. */
  readonly url: string | (() => string | Promise<string>)
  /** Absent: a visitor, who sees what is public. */
  readonly token?: TokenSource
  /** Where the platform has none of its own, or for headers of one's own. */
  readonly webSocketImpl?: typeof WebSocket
  /** How long to wait before attempt 0, 1, 2 … to connect, in milliseconds. Absent: up to 20 s, with jitter. */
  readonly backoff?: (attempt: number) => number
}

/**
 * One connection for all that an application asks. It is opened when something is asked for, kept while anything is
 * subscribed to, and found again when it is lost, for as long as it takes.
 */
export interface RostrumClient {
  /**
   * Subscribes until the function that it returns is called. What reads a history goes on after a lost connection exactly
   * where it was: `sink` gets every entry, in order, none twice. Where the history is gone that would be gone on with, a snapshot
   * with `reset: true` comes: what was held is to be replaced. Throws on what is no GraphQL; everything later goes to `sink.error`.
   */
  subscribe<Result, Variables>(operation: Operation<Result, Variables>, sink: Sink<Result>): () => void
  /** The same as an iterable: leaving its loop ends the subscription. What ends it otherwise is thrown there. */
  iterate<Result, Variables>(
    operation: Operation<Result, Variables>,
  ): AsyncIterableIterator<OperationResult<Result>>
  /**
   * Runs a query or mutation, and sends it again where the connection was lost before its answer. Of mutations only those whose
   * variables hold an `idempotencyKey` or a `clientMessageId`: others reject with OUTCOME_UNKNOWN. Errors of GraphQL are part of
   * the result; rejects with RostrumError where there is none.
   */
  execute<Result, Variables>(operation: Operation<Result, Variables>): Promise<OperationResult<Result>>
  readonly connection: Observable<Connection>
  readonly clock: ServerClock
  /** Asks for the token again and shows it to the server: after signing in, in or out as another user, or out. */
  renewToken(): Promise<void>
  /** Closes the connection; what is subscribed to completes. */
  dispose(): Promise<void>
}

export function createRostrumClient({
  url,
  token = null,
  webSocketImpl = globalThis.WebSocket,
  backoff = backoffMs,
}: RostrumClientOptions): RostrumClient {
  /** What ends each operation that is under way. */
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
    // What is no GraphQL is thrown before anything is begun.
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
