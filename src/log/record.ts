import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { boundedHook, type ConnectHook } from './connect-hook.ts'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { seed } from './seed.ts'
import { createTransactions } from './transaction.ts'

export interface RecordOptions {
  /** A PostgreSQL address; null: PGlite in `directory`. */
  readonly url: string | null
  readonly directory: string
  /** Told of connections that break while idle; the pool replaces them. */
  readonly onConnectionError: (error: Error) => void
  /** Awaited for every new connection before it is used; a rejection destroys it. Migrations run without it. */
  readonly onConnect?: ConnectHook
}

/** The opened record of everything durable. */
export interface OpenRecord {
  readonly database: Database
  /** The connections to the database, how many of them do nothing, and how many statements wait for one: right now. */
  connections(): { readonly total: number; readonly idle: number; readonly waiting: number }
  close(): Promise<void>
}

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url))
/** Any number of nodes may start at once on an empty database: this advisory lock lets one migrate at a time. */
const MIGRATION_LOCK = 7_203_114

const POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 5_000
/** Together below the 30 s within which every command is answered or failed. */
const TIMEOUTS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  statement_timeout: 12_000,
  lock_timeout: 8_000,
  /** A node that stands still within a transaction holds up the others no longer than they wait for a lock. */
  idle_in_transaction_session_timeout: 6_000,
}

/** To compile a statement of ours takes PostgreSQL longer than to run it: counting unread messages 28 ms in place of 3. */
const NO_COMPILING = '-c jit=off'

/** Opens the record, brings its tables up to date and makes the rooms that always exist. */
export async function openRecord(options: RecordOptions): Promise<OpenRecord> {
  const source = options.url === null ? await embeddedSource(options.directory) : serverSource(options.url)
  try {
    await prepare(source.config)
  } catch (error) {
    await source.close()
    throw error
  }
  const pool = new pg.Pool({ ...source.config, ...hookOf(options) })
  pool.on('error', options.onConnectionError)
  // While a client is in use the pool does not listen to it, and an error that nobody hears ends the process. Whoever uses
  // it is told by the statement that fails.
  pool.on('connect', (client) => client.on('error', () => {}))
  const database = Object.assign(drizzle(pool), { transaction: createTransactions(pool) })
  const connections: OpenRecord['connections'] = () => {
    return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }
  }
  const close = async (): Promise<void> => {
    await pool.end()
    await source.close()
  }
  return { database, connections, close }
}

/** How to connect, and how to end what is connected to. */
interface Source {
  readonly config: pg.PoolConfig
  close(): Promise<void>
}

function hookOf({ onConnect }: RecordOptions): pg.PoolConfig {
  return onConnect === undefined ? {} : { onConnect: boundedHook(onConnect, CONNECT_TIMEOUT_MS) }
}

function serverSource(url: string): Source {
  const config = {
    connectionString: url,
    max: POOL_SIZE,
    pipeline: true,
    keepAlive: true,
    application_name: 'rostrum',
    options: NO_COMPILING,
    ...TIMEOUTS,
  }
  return { config, close: async () => {} }
}

async function embeddedSource(directory: string): Promise<Source> {
  const embedded = await openEmbedded(directory)
  const config = {
    // The driver reads `stream` as a factory of sockets.
    ...({ stream: () => embedded.connect() } as object),
    max: 1,
    pipeline: true,
    idleTimeoutMillis: 0,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
  }
  return { config, close: () => embedded.close() }
}

async function prepare(config: pg.PoolConfig): Promise<void> {
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0')
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    const database = drizzle(client)
    await migrate(database, { migrationsFolder: MIGRATIONS })
    await seed(database)
  } finally {
    // Ends the session, and with it the lock and the settings.
    await client.end()
  }
}
