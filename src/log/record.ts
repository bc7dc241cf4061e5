import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { createHistoryGuard, type HistoryGuard } from './history-guard.ts'
import { renewEpochs } from './identity.ts'
import { seed } from './seed.ts'
import { createTransactions } from './transaction.ts'

export interface RecordOptions {
  /** A PostgreSQL address; null: PGlite in `directory`. */
  readonly url: string | null
  readonly directory: string
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onConnectionError: (error: Error) => void
  /** Ties the connections to one history; one of its own where absent. */
  readonly history?: HistoryGuard
  /** Gets what keeps `directory` open to other users; dropped where absent. */
  readonly onDirectoryProblem?: (problem: string) => void
}

/** The opened record of everything durable. */
export interface OpenRecord {
  readonly database: Database
  /** The connections to the database, how many of them do nothing, and how many statements wait for one: right now. */
  connections(): { readonly total: number; readonly idle: number; readonly waiting: number }
  /** Whether the database still continues the history that this node knows; where not, `HistoryGuard` tells. */
  checkHistory(): Promise<void>
  /** Gives all topics new epochs, and returns how many. Every node notices. */
  renewEpochs(): Promise<number>
  close(): Promise<void>
}

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url))
/** Any number of nodes may start at once on an empty database: this advisory lock lets one migrate at a time. */
const MIGRATION_LOCK = 7_203_114

const POOL_SIZE = 10
/** Together below the 30 s within which every command is answered or failed. */
const TIMEOUTS = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 12_000,
  lock_timeout: 8_000,
  /** A node that stands still within a transaction holds up the others no longer than they wait for a lock. */
  idle_in_transaction_session_timeout: 6_000,
}

/** To compile a statement of ours takes PostgreSQL longer than to run it: counting unread messages 28 ms in place of 3. */
const NO_COMPILING = '-c jit=off'

/** Opens the record, brings its tables up to date and makes the rooms that always exist. */
export async function openRecord(options: RecordOptions): Promise<OpenRecord> {
  const { history = createHistoryGuard({ onRenewed: () => {}, onUnreadable: () => {} }) } = options
  let isPrepared = false
  /** The connection that brings the tables up to date comes before what it makes. */
  const onConnect = async (client: pg.ClientBase): Promise<void> => {
    if (isPrepared) await history.admit(client)
  }
  const { pool, close } =
    options.url === null ? await embeddedPool(options, onConnect) : serverPool(options.url, onConnect)
  pool.on('error', options.onConnectionError)
  // While a client is in use the pool does not listen to it, and an error that nobody hears ends the process. Whoever uses
  // it is told by the statement that fails.
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await prepare(pool)
    isPrepared = true
  } catch (error) {
    await close()
    throw error
  }
  const database = Object.assign(drizzle(pool), createTransactions(pool, history.confirm))
  const connections: OpenRecord['connections'] = () => {
    return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }
  }
  async function withConnection<Result>(act: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await pool.connect()
    let isBroken = true
    try {
      const result = await act(client)
      isBroken = false
      return result
    } finally {
      client.release(isBroken)
    }
  }

  return {
    database,
    connections,
    checkHistory: () => withConnection(history.admit),
    renewEpochs: () => withConnection(renewEpochs),
    close,
  }
}

interface OpenPool {
  readonly pool: pg.Pool
  close(): Promise<void>
}

type OnConnect = (client: pg.ClientBase) => Promise<void>

function serverPool(url: string, onConnect: OnConnect): OpenPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    pipeline: true,
    keepAlive: true,
    application_name: 'rostrum',
    options: NO_COMPILING,
    onConnect,
    ...TIMEOUTS,
  })
  return { pool, close: () => pool.end() }
}

async function embeddedPool(
  { directory, onDirectoryProblem }: RecordOptions,
  onConnect: OnConnect,
): Promise<OpenPool> {
  const embedded = await openEmbedded(directory, onDirectoryProblem)
  const pool = new pg.Pool({
    // The driver reads `stream` as a factory of sockets.
    ...({ stream: () => embedded.connect() } as object),
    max: 1,
    pipeline: true,
    idleTimeoutMillis: 0,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
    onConnect,
  })
  const close = async (): Promise<void> => {
    await pool.end()
    await embedded.close()
  }
  return { pool, close }
}

async function prepare(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0')
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    const database = drizzle(client)
    await migrate(database, { migrationsFolder: MIGRATIONS })
    await seed(database)
  } finally {
    // Ends the session, and with it the lock and the settings.
    client.release(true)
  }
}
