import type pg from 'pg'
import { streamOf } from './connect-hook.ts'
import { breaksConnection, isAnswer, isDiskFull, statementFault, suspectsServer } from './faults.ts'

export interface WatchOptions {
  /** A connection that leaves a statement in flight unanswered for this long is destroyed. */
  readonly silenceMs: number
  /** Called when a connection was destroyed for silence or failed in a way that concerns the whole server. */
  readonly onSuspect: () => void
  /** Called when a write found no space on the server's disk. */
  readonly onDiskFull: () => void
}

/**
 * Watches every statement of a pool's connections and turns errors of the driver into DatabaseUnavailable. A server whose
 * host falls silent sends no reset and breaks no timeout of its own: only the client can notice that the answer is missing
 * (node-postgres#2973).
 */
export interface Watch {
  add(client: pg.PoolClient): void
  remove(client: pg.PoolClient): void
  /** Whether the connection failed in a way that affects later statements, too. */
  isBroken(client: pg.PoolClient): boolean
  /** Longest time that a connection has been silent; 0 if none is. */
  silentMs(): number
  /** Whether any connection answered within the last `ms`, even with an error. */
  answeredWithin(ms: number): boolean
  /** Number of connections destroyed for silence since the start. */
  destroyed(): number
  /** Destroys every connection, in use or not. */
  destroyAll(): void
  close(): void
}

interface Watched {
  inFlight: number
  /** Checks since the last answer while a statement is in flight. */
  silentLooks: number
  isBroken: boolean
}

const LOOK_EVERY_MS = 500

export function createWatch({ silenceMs, onSuspect, onDiskFull }: WatchOptions): Watch {
  const connections = new Map<pg.PoolClient, Watched>()
  let answeredAt = Number.NEGATIVE_INFINITY
  let destroyed = 0

  // Counted in checks, not by a clock: a process that was stopped for a minute has answers to read first.
  const timer = setInterval(() => {
    for (const [client, watched] of connections) {
      watched.silentLooks = watched.inFlight > 0 ? watched.silentLooks + 1 : 0
      if (watched.silentLooks * LOOK_EVERY_MS < silenceMs) continue
      watched.silentLooks = 0
      destroyed += 1
      watched.isBroken = true
      streamOf(client).destroy()
      onSuspect()
    }
  }, LOOK_EVERY_MS)
  timer.unref()

  function answered(watched: Watched): void {
    watched.inFlight -= 1
    watched.silentLooks = 0
    answeredAt = performance.now()
  }

  /** Rethrows the error of a statement, classified as a fault of the statement or of the connection. */
  function failed(watched: Watched, error: unknown): never {
    const fault = statementFault(error)
    if (isAnswer(fault)) answered(watched)
    else watched.inFlight -= 1
    if (isDiskFull(fault)) onDiskFull()
    if (breaksConnection(fault)) watched.isBroken = true
    if (suspectsServer(fault)) onSuspect()
    throw fault
  }

  return {
    add(client) {
      const watched: Watched = { inFlight: 0, silentLooks: 0, isBroken: false }
      connections.set(client, watched)
      const query = client.query.bind(client) as (...given: unknown[]) => unknown
      function watchedQuery(...given: unknown[]): unknown {
        watched.inFlight += 1
        const answer = query(...given)
        if (!(answer instanceof Promise)) throw new TypeError('statements are awaited, not called back')
        return answer.then(
          (result: unknown) => {
            answered(watched)
            return result
          },
          (error: unknown) => failed(watched, error),
        )
      }
      Object.assign(client, { query: watchedQuery })
    },
    remove: (client) => void connections.delete(client),
    isBroken: (client) => connections.get(client)?.isBroken ?? true,
    silentMs: () => LOOK_EVERY_MS * Math.max(0, ...[...connections.values()].map((each) => each.silentLooks)),
    answeredWithin: (ms) => performance.now() - answeredAt <= ms,
    destroyed: () => destroyed,
    destroyAll() {
      for (const client of connections.keys()) streamOf(client).destroy()
    },
    close: () => clearInterval(timer),
  }
}
