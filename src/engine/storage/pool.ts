import pg from 'pg'
import { createWatch, type Watch, type WatchOptions } from './watch.ts'

/** Connections to one server, opened on demand. Permits ensure that no caller waits here. */
export interface Pool {
  readonly watch: Watch
  /** Takes an idle connection that was not discarded or opens one. Rethrows errors of the driver or the hook. */
  connect(): Promise<pg.PoolClient>
  release(client: pg.PoolClient, isBroken: boolean): void
  /** Discards all open connections: none of them is used again. */
  discard(): void
  counts(): { readonly total: number; readonly idle: number }
  close(): Promise<void>
}

export interface PoolOptions extends WatchOptions {
  readonly config: pg.PoolConfig
  /** Called when a connection breaks while idle; the pool replaces it. */
  readonly onConnectionError: (error: Error) => void
}

/** On close: grace period for statements in flight before their connections are destroyed. */
const LAST_ANSWERS_MS = 2_000

export function createPool({ config, onConnectionError, ...watchOptions }: PoolOptions): Pool {
  const pool = new pg.Pool(config)
  const watch = createWatch(watchOptions)
  /** The generation of each connection; discarding starts a new one. */
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
