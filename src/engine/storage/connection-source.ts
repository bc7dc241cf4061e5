import type pg from 'pg'
import { openEmbedded } from './embedded.ts'

export interface Location {
  /** A PostgreSQL address; null: PGlite in `directory`. */
  readonly url: string | null
  readonly directory: string
  /** Gets what keeps `directory` open to other users; dropped where absent. */
  readonly onDirectoryProblem?: (problem: string) => void
}

const CONNECT_TIMEOUT_MS = 5_000
/** Together below the 30 s within which every command is answered or failed. */
const SERVER_TIMEOUTS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  statement_timeout: 10_000,
  lock_timeout: 7_000,
  /** A node that stands still within a transaction holds up the others no longer than they wait for a lock. */
  idle_in_transaction_session_timeout: 5_000,
}

/** To compile a statement of ours takes PostgreSQL longer than to run it: counting unread messages 28 ms in place of 3. */
const NO_COMPILING = '-c jit=off'

/** How to connect, and how to end what is connected to. */
export interface Source {
  readonly config: pg.PoolConfig
  /** Whether one session serves all purposes. */
  readonly isShared: boolean
  close(): Promise<void>
}

export function openSource(location: Location): Promise<Source> | Source {
  return location.url === null ? embeddedSource(location) : serverSource(location.url)
}

function serverSource(url: string): Source {
  const config = {
    connectionString: url,
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'rostrum',
    options: NO_COMPILING,
    ...SERVER_TIMEOUTS,
  }
  return { config, isShared: false, close: async () => {} }
}

async function embeddedSource({ directory, onDirectoryProblem }: Location): Promise<Source> {
  const embedded = await openEmbedded(directory, onDirectoryProblem)
  const config = {
    // The driver reads `stream` as a factory of sockets.
    ...({ stream: () => embedded.connect() } as object),
    pipeline: true,
    idleTimeoutMillis: 0,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
  }
  return { config, isShared: true, close: () => embedded.close() }
}
