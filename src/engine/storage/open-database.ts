import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { type DatabaseActivity, PURPOSES, type Purpose } from './activity.ts'
import { boundedHook } from './connect-hook.ts'
import { type Location, openSource } from './connection-source.ts'
import { Connections } from './connections.ts'
import type { Database } from './database.ts'
import { createHistoryGuard, type HistoryGuard } from './history-guard.ts'
import { RENEWAL_TIMEOUT_MS, renewEpochs } from './identity.ts'
import { bringUpToDate, type MigrationOptions, runMigrations } from './migrate.ts'
import { createPermits, type LaneLimits } from './permits.ts'
import { createPool, type Pool, type PoolOptions } from './pool.ts'
import { createTransactions } from './transaction.ts'

export interface DatabaseOptions extends Location, MigrationOptions {
  /** Called when a connection breaks while idle; the pool replaces it. */
  readonly onConnectionError: (error: Error) => void
  /** Ties the connections to one history. Default: a new guard. Migrations run without one. */
  readonly history?: HistoryGuard
}

/** The opened database. */
export interface OpenDatabase {
  /** For reads, and for work that may wait behind them. */
  readonly database: Database
  /** For transactions of commands and of their consequences. */
  readonly commands: Database
  /** For short queries that must succeed under any load: readiness, deadlines, revocations, epochs. */
  readonly control: Database
  readonly activity: DatabaseActivity
  /** Checks that the database still continues the history that this node knows. If not, `HistoryGuard` reports it. */
  checkHistory(): Promise<void>
  /** Gives all topics new epochs and returns their number. Every node notices. */
  renewEpochs(): Promise<number>
  close(): Promise<void>
}

/** The server's own timeouts produce answers, so silence for longer than they allow means that the server is gone. */
const SILENCE_MS: Readonly<Record<Purpose, number>> = { control: 4_000, commands: 12_000, reads: 12_000 }
/** PGlite has no timeouts, and one slow statement blocks its only session. */
const EMBEDDED_SILENCE_MS = 24_000

/** Share of the twelve connections of a node. */
const POOL_SIZE: Readonly<Record<Purpose, number>> = { control: 2, commands: 6, reads: 4 }
const TRANSACTION_TIMEOUT_MS: Readonly<Record<Purpose, number>> = {
  control: 10_000,
  commands: 20_000,
  reads: 60_000,
}
/** Waiting costs memory, and a late answer is useless. */
const WAITING: Readonly<Record<Purpose, LaneLimits>> = {
  control: { maxWaiting: 1_000, maxWaitMs: 4_000 },
  commands: { maxWaiting: 10_000, maxWaitMs: 10_000 },
  reads: { maxWaiting: 10_000, maxWaitMs: 5_000 },
}
/** Minimum interval between discarding all idle connections because of a server-wide fault of one. */
const DISCARD_EVERY_MS = 1_000

/** Opens the database, migrates its tables and creates the seed rows. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const { history = createHistoryGuard({ onRenewed: () => {}, onUnreadable: () => {} }) } = options
  const source = await openSource(options)
  try {
    await bringUpToDate(source.config, options)
  } catch (error) {
    await source.close()
    throw error
  }
  let diskFullAt: number | undefined
  let discardedAt = Number.NEGATIVE_INFINITY
  const shared: Shared = {
    onConnectionError: options.onConnectionError,
    onDiskFull() {
      diskFullAt = performance.now()
    },
    onSuspect() {
      if (performance.now() - discardedAt < DISCARD_EVERY_MS) return
      discardedAt = performance.now()
      for (const pool of pools) pool.discard()
    },
  }
  // Each statement of the guard has its own timeout; the whole is bounded only by the time to renew the epochs.
  const config = { ...source.config, onConnect: boundedHook(history.admit, RENEWAL_TIMEOUT_MS) }
  const answeredWithin = (ms: number): boolean => watches.some((watch) => watch.answeredWithin(ms))
  const lanes = (source.isShared ? sharedLanes : ownLanes)(config, shared, answeredWithin)
  const pools = new Set(Object.values(lanes).map(({ pool }) => pool))
  const watches = [...pools].map(({ watch }) => watch)
  // Connections to the former primary may still work.
  history.onReplaced(() => {
    for (const pool of pools) pool.discard()
  })

  async function onControl<Result>(act: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const lease = await lanes.control.connections.connect()
    let isBroken = true
    try {
      const result = await act(lease.client)
      isBroken = false
      return result
    } finally {
      lease.release(isBroken)
    }
  }

  return {
    database: databaseOf(lanes.reads, 'reads', history),
    commands: databaseOf(lanes.commands, 'commands', history),
    control: databaseOf(lanes.control, 'control', history),
    activity: {
      connections() {
        const counts = [...pools].map((pool) => pool.counts())
        return {
          total: counts.reduce((sum, { total }) => sum + total, 0),
          idle: counts.reduce((sum, { idle }) => sum + idle, 0),
        }
      },
      waiting() {
        const { control, commands, reads } = lanes
        return {
          control: control.connections.waiting,
          commands: commands.connections.waiting,
          reads: reads.connections.waiting,
        }
      },
      silentMs: () => lanes.commands.pool.watch.silentMs(),
      commandsAnsweredWithin: (ms) => lanes.commands.pool.watch.answeredWithin(ms),
      answeredWithin,
      destroyed: () => watches.reduce((sum, watch) => sum + watch.destroyed(), 0),
      diskFullAt: () => diskFullAt,
    },
    checkHistory: () => onControl(history.admit),
    renewEpochs: () => onControl(renewEpochs),
    async close() {
      await Promise.all([...pools].map((pool) => pool.close()))
      await source.close()
    },
  }
}

/** Migrates the tables and creates the seed rows without opening the database for use. */
export async function migrateDatabase(options: Location & MigrationOptions): Promise<void> {
  const source = await openSource(options)
  try {
    await runMigrations(source.config, options)
  } finally {
    await source.close()
  }
}

/** The connections of one purpose, and the pool they come from. */
interface Lane {
  readonly pool: Pool
  readonly connections: Connections
}
type Lanes = Readonly<Record<Purpose, Lane>>
type Shared = Omit<PoolOptions, 'config' | 'silenceMs'>
type Answered = (ms: number) => boolean

function ownLanes(config: pg.PoolConfig, shared: Shared, answeredWithin: Answered): Lanes {
  function laneOf(purpose: Purpose): Lane {
    const size = POOL_SIZE[purpose]
    const pool = createPool({ ...shared, silenceMs: SILENCE_MS[purpose], config: { ...config, max: size } })
    const permits = createPermits(size, [WAITING[purpose]])
    return { pool, connections: new Connections({ pool, permits, lane: 0, answeredWithin }) }
  }
  return { control: laneOf('control'), commands: laneOf('commands'), reads: laneOf('reads') }
}

/** Lanes of a single session: control before commands before reads. */
function sharedLanes(config: pg.PoolConfig, shared: Shared, answeredWithin: Answered): Lanes {
  const pool = createPool({ ...shared, silenceMs: EMBEDDED_SILENCE_MS, config: { ...config, max: 1 } })
  const permits = createPermits(
    1,
    PURPOSES.map((purpose) => WAITING[purpose]),
  )
  const laneOf = (purpose: Purpose): Lane => {
    const lane = PURPOSES.indexOf(purpose)
    return { pool, connections: new Connections({ pool, permits, lane, answeredWithin }) }
  }
  return { control: laneOf('control'), commands: laneOf('commands'), reads: laneOf('reads') }
}

function databaseOf({ connections }: Lane, purpose: Purpose, { confirm }: HistoryGuard): Database {
  const timeoutMs = TRANSACTION_TIMEOUT_MS[purpose]
  const transactions = createTransactions({ connect: () => connections.connect(), timeoutMs, confirm })
  return Object.assign(drizzle(asClient(connections)), transactions)
}

/** Drizzle only uses `query` of a pool, because transactions are implemented here. */
function asClient(connections: Connections): pg.Pool {
  return connections as unknown as pg.Pool
}
