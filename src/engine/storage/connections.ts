import type pg from 'pg'
import { Overloaded } from '../kernel/overloaded.ts'
import { streamOf } from './connect-hook.ts'
import { DatabaseUnavailable } from './faults.ts'
import { type Permits, WaitedTooLong } from './permits.ts'
import type { Pool } from './pool.ts'

/** A connection in exclusive use. */
export interface Lease {
  readonly client: pg.PoolClient
  /** Returns the connection to the pool, or destroys it if `isBroken` or a statement has shown that it is broken. */
  release(isBroken?: boolean): void
  /** Destroys the connection: pending statements fail now. It must still be released. */
  destroy(): void
}

export interface ConnectionsOptions {
  readonly pool: Pool
  readonly permits: Permits
  /** The lane of the permits that this purpose uses. */
  readonly lane: number
  /** Whether the database answered any connection within the last `ms`. */
  readonly answeredWithin: (ms: number) => boolean
}

/** After this time some of the current waiters have been served, so a retry is worthwhile. */
const RETRY_AFTER_MS = 1_000

/**
 * The connections of one purpose, in the shape of a drizzle pool. Permits bound the wait for a connection, the pool its
 * opening, and the pool's watch every answer. A class, because drizzle treats plain objects as settings.
 */
export class Connections {
  readonly #options: ConnectionsOptions

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Throws Overloaded if all are busy although the database answers, DatabaseUnavailable if it can't be reached. */
  async connect(): Promise<Lease> {
    const { pool } = this.#options
    const giveBack = await this.#permit()
    const client = await pool.connect().catch((error: unknown) => {
      giveBack()
      throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable(error)
    })
    return {
      client,
      release(isBroken = false) {
        pool.release(client, isBroken)
        giveBack()
      },
      destroy: () => void streamOf(client).destroy(),
    }
  }

  /** Runs one statement, in any form that the driver accepts. */
  async query(...given: readonly unknown[]): Promise<unknown> {
    const lease = await this.connect()
    try {
      return await Reflect.apply(lease.client.query, lease.client, given)
    } finally {
      lease.release()
    }
  }

  get waiting(): number {
    return this.#options.permits.waiting(this.#options.lane)
  }

  async #permit(): Promise<() => void> {
    const { permits, lane, answeredWithin } = this.#options
    try {
      return await permits.take(lane)
    } catch (error) {
      if (!(error instanceof WaitedTooLong)) throw error
      throw answeredWithin(Math.max(error.waitedMs, RETRY_AFTER_MS))
        ? new Overloaded(RETRY_AFTER_MS)
        : new DatabaseUnavailable(error)
    }
  }
}
