import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Executor } from './database.ts'
import { DatabaseUnavailable } from './faults.ts'

/** The initial contents of a database of this version. */
export interface DatabaseContents {
  /** The folder of the migrations. */
  readonly migrations: string
  /** Whether everything that `seed` writes exists. Read-only. */
  isSeeded(executor: Executor): Promise<boolean>
  /** Writes the rows that exist from the first start. Idempotent. */
  seed(executor: Executor): Promise<void>
}

export interface MigrationOptions {
  readonly contents: DatabaseContents
  /** Called if another process is migrating this database and this one waits for it. */
  readonly onMigrationWait?: () => void
}

/** The database needs a migration that this role may not run, or the role may not see which ones were applied. */
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

/** An advisory lock: any number of nodes may start at once on an empty database, and one at a time migrates it. */
const MIGRATION_LOCK = 7_203_114
const LOOK_TIMEOUT_MS = 10_000

/**
 * Applies missing migrations and missing seed rows, and nothing else: on an up-to-date database it only reads. Throws
 * MigrationRefused if the role lacks the rights.
 */
export function bringUpToDate(config: pg.ClientConfig, options: MigrationOptions): Promise<void> {
  return onClient(config, async (client) => {
    if (!(await inTime(isUpToDate(client, options.contents)))) await migrate(client, options)
  })
}

/** Like `bringUpToDate`. Also lets unprivileged roles see which migrations were applied, which older versions did not. */
export function runMigrations(config: pg.ClientConfig, options: MigrationOptions): Promise<void> {
  return onClient(config, (client) => migrate(client, options))
}

async function onClient(config: pg.ClientConfig, work: (client: pg.Client) => Promise<void>): Promise<void> {
  // Without a pipeline the driver closes the connection at once instead of waiting for pending answers.
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

/** A check takes milliseconds. Migrations have no time limit. */
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

/** The migrations after the latest applied one. A database ahead of this version lacks none. */
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

/** Looks in the catalogue, which every role may read. */
async function hasTable(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT FROM pg_tables WHERE schemaname = 'drizzle' AND tablename = '__drizzle_migrations'",
  )
  return rows.length > 0
}

/** Holds a transaction-level lock: a session-level lock would stay with a pooler's connection. */
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

/** In the format of drizzle-kit. `IF NOT EXISTS` would require the right to create schemas even if the schema exists. */
const CREATE_TABLE = `
  CREATE SCHEMA IF NOT EXISTS drizzle;
  CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`

/** Nodes with a role that may not change tables read this one, too. Only the owner may grant that; otherwise this is a no-op. */
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
