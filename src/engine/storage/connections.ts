import type pg from 'pg'
import { Overloaded } from '../kernel/overloaded.ts'
import { streamOf } from './connect-hook.ts'
import { DatabaseUnavailable } from './faults.ts'
import { type Permits, WaitedTooLong } from './permits.ts'
import type { Pool } from './pool.ts'

/** A connection that is used by one party. */
export interface Lease {
  readonly client: pg.PoolClient
  /** Back to the pool; destroyed where `isBroken` says so, or a statement has shown it. */
  release(isBroken?: boolean): void
  /** Cuts the connection: whatever waits for its answer fails now. To be released all the same. */
  destroy(): void
}

export interface ConnectionsOptions {
  readonly pool: Pool
  readonly permits: Permits
  /** Which of the permits' lanes is this one's. */
  readonly lane: number
  /** Whether the database answered anybody within the last `ms`. */
  readonly answeredWithin: (ms: number) => boolean
}

/** Retrying is worthwhile when some of those who wait now have been served. */
const RETRY_AFTER_MS = 1_000

/**
 * The connections of one purpose, as drizzle takes a pool. Waiting for one is bounded by permits, opening one by the pool,
 * and an answer by the pool's watch. A class, since drizzle reads plain objects as settings.
 */
export class Connections {
  readonly #options: ConnectionsOptions

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Throws Overloaded where all are busy and the database answers, DatabaseUnavailable where it can't be reached. */
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

  /** One statement, in whatever form the driver takes it. */
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
