import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Executor } from './database.ts'
import { DatabaseUnavailable } from './faults.ts'

/** What a database of this version holds before anybody uses it. */
export interface DatabaseContents {
  /** The folder of the migrations. */
  readonly migrations: string
  /** Whether everything that `seed` writes is there. Only reads. */
  isSeeded(executor: Executor): Promise<boolean>
  /** Writes the rows that exist from the first start. Idempotent. */
  seed(executor: Executor): Promise<void>
}

export interface MigrationOptions {
  readonly contents: DatabaseContents
  /** Another process migrates this database: this one waits for it. */
  readonly onMigrationWait?: () => void
}

/** The database needs a migration that this role may not make, or the role may not see which were made. */
class MigrationRefused extends Error {
  constructor(role: string, cause: Error) {
    super(
      `The database is not up to date as far as the role ${JSON.stringify(role)} may see, and it may not change the tables ` +
        `(${cause.message}). Run \`npm run migrate\` with MIGRATION_DATABASE_URL set to a role that may, then start again.`,
      { cause },
    )
    this.name = 'MigrationRefused'
  }
}

/** Any number of nodes may start at once on an empty database: this advisory lock lets one migrate at a time. */
const MIGRATION_LOCK = 7_203_114
const LOOK_TIMEOUT_MS = 10_000

/**
 * Applies what is missing of the migrations and of the rows that always exist, and nothing else: on a database that is up
 * to date it only reads. Throws MigrationRefused where the role lacks the rights.
 */
export function bringUpToDate(config: pg.ClientConfig, options: MigrationOptions): Promise<void> {
  return onClient(config, async (client) => {
    if (!(await inTime(isUpToDate(client, options.contents)))) await migrate(client, options)
  })
}

/** As `bringUpToDate`; also lets roles without rights of their own see what was applied, which older versions did not. */
export function runMigrations(config: pg.ClientConfig, options: MigrationOptions): Promise<void> {
  return onClient(config, (client) => migrate(client, options))
}

async function onClient(config: pg.ClientConfig, work: (client: pg.Client) => Promise<void>): Promise<void> {
  // Without a pipeline the driver cuts the connection at the end, where it would wait for the answers otherwise.
  const client = new pg.Client({ ...config, pipeline: false })
  // The statement that fails reports it.
  client.on('error', () => {})
  try {
    await client.connect()
    await work(client)
  } catch (error) {
    throw isForbidden(error) ? new MigrationRefused(client.user ?? '', error) : error
  } finally {
    await client.end()
  }
}

/** A look takes milliseconds. A migration may take as long as it takes. */
async function inTime<Result>(look: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DatabaseUnavailable()), LOOK_TIMEOUT_MS)
  try {
    return await Promise.race([look, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function isUpToDate(client: pg.Client, contents: DatabaseContents): Promise<boolean> {
  return (await missing(client, contents)).length === 0 && (await contents.isSeeded(drizzle(client)))
}

const MIGRATED = 'SELECT max(created_at) AS latest FROM drizzle.__drizzle_migrations'

/** The migrations after the latest that was applied. A database that is ahead of this version lacks none. */
async function missing(
  client: pg.Client,
  { migrations }: DatabaseContents,
): Promise<readonly MigrationMeta[]> {
  const all = readMigrationFiles({ migrationsFolder: migrations })
  if (!(await hasTable(client))) return all
  const { rows } = await client.query<{ latest: string | null }>(MIGRATED)
  const latest = Number(rows[0]?.latest ?? 0)
  return all.filter(({ folderMillis }) => folderMillis > latest)
}

/** By the catalogue, which every role may read. */
async function hasTable(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT FROM pg_tables WHERE schemaname = 'drizzle' AND tablename = '__drizzle_migrations'",
  )
  return rows.length > 0
}

/** One transaction, whose lock ends with it: a session's own would stay with a pooler's connection. */
async function migrate(client: pg.Client, { onMigrationWait, contents }: MigrationOptions): Promise<void> {
  await client.query('BEGIN')
  await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0')
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
    MIGRATION_LOCK,
  ])
  if (rows[0]?.mine !== true) {
    onMigrationWait?.()
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
  }
  if (!(await hasTable(client))) await client.query(CREATE_TABLE)
  await client.query(LET_EVERYONE_READ)
  for (const { sql, hash, folderMillis } of await missing(client, contents)) {
    for (const statement of sql) await client.query(statement)
    await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
      hash,
      folderMillis,
    ])
  }
  await contents.seed(drizzle(client))
  await client.query('COMMIT')
}

/** As drizzle-kit expects it. `IF NOT EXISTS` would ask for the right to create schemas even where it exists. */
const CREATE_TABLE = `
  CREATE SCHEMA IF NOT EXISTS drizzle;
  CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`

/** A node whose role may change no table looks there, too. Only the owner may let it; for others nothing happens. */
const LET_EVERYONE_READ = `
  DO $$ BEGIN
    IF (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'drizzle') THEN
      GRANT USAGE ON SCHEMA drizzle TO PUBLIC;
      GRANT SELECT ON drizzle.__drizzle_migrations TO PUBLIC;
    END IF;
  END $$`

function isForbidden(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === '42501'
}
