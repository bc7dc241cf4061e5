import pg from 'pg'
import { createWatch, type Watch, type WatchOptions } from './watch.ts'

/** Connections to one server, opened when needed. It is for the permits to see that nobody waits here. */
export interface Pool {
  readonly watch: Watch
  /** Opens one, or takes an idle one that was not discarded. Throws what the driver or the hook threw. */
  connect(): Promise<pg.PoolClient>
  release(client: pg.PoolClient, isBroken: boolean): void
  /** No connection that is open now is used for anything new. */
  discard(): void
  counts(): { readonly total: number; readonly idle: number }
  close(): Promise<void>
}

export interface PoolOptions extends WatchOptions {
  readonly config: pg.PoolConfig
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onConnectionError: (error: Error) => void
}

/** At the end: for statements in flight, before their connections are cut. */
const LAST_ANSWERS_MS = 2_000

export function createPool({ config, onConnectionError, ...watchOptions }: PoolOptions): Pool {
  const pool = new pg.Pool(config)
  const watch = createWatch(watchOptions)
  /** Which generation a connection is of; discarding begins a new one. */
  const generations = new WeakMap<pg.PoolClient, number>()
  let generation = 0

  pool.on('error', onConnectionError)
  pool.on('connect', (client) => {
    // While a client is in use the pool does not listen to it, and an error without a listener ends the process. The
    // statement that fails reports it.
    client.on('error', () => {})
    generations.set(client, generation)
    watch.add(client)
  })
  pool.on('remove', (client) => watch.remove(client as pg.PoolClient))

  const isCurrent = (client: pg.PoolClient): boolean => generations.get(client) === generation

  return {
    watch,
    async connect() {
      for (;;) {
        const client = await pool.connect()
        if (isCurrent(client)) return client
        client.release(true)
      }
    },
    release(client, isBroken) {
      client.release(isBroken || watch.isBroken(client) || !isCurrent(client))
    },
    discard() {
      generation += 1
    },
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount }),
    async close() {
      const ended = pool.end()
      const timer = setTimeout(() => watch.destroyAll(), LAST_ANSWERS_MS)
      await ended
      clearTimeout(timer)
      watch.close()
    },
  }
}
