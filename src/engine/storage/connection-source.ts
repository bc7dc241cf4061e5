import type pg from 'pg'
import { openEmbedded } from './embedded.ts'

export interface Location {
  /** A PostgreSQL address; null: PGlite in `directory`. */
  readonly url: string | null
  readonly directory: string
  /** Called with the reason if `directory` stays accessible to other users. Optional. */
  readonly onDirectoryProblem?: (problem: string) => void
}

const CONNECT_TIMEOUT_MS = 5_000
/** Their sum is below the 30 s within which every command is answered or failed. */
const SERVER_TIMEOUTS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  statement_timeout: 10_000,
  lock_timeout: 7_000,
  /** A node that stalls within a transaction blocks the others no longer than their lock timeout. */
  idle_in_transaction_session_timeout: 5_000,
}

/** JIT compilation of our statements takes PostgreSQL longer than running them: 28 ms instead of 3 to count unread messages. */
const NO_COMPILING = '-c jit=off'

/** How to connect, and how to shut down the server if it is embedded. */
export interface Source {
  readonly config: pg.PoolConfig
  /** Whether a single session serves all purposes. */
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
    // The driver uses `stream` as a socket factory.
    ...({ stream: () => embedded.connect() } as object),
    pipeline: true,
    idleTimeoutMillis: 0,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
  }
  return { config, isShared: true, close: () => embedded.close() }
}
