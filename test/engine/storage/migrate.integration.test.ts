import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrateDatabase, openDatabase } from '../../support/database.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { withClient } from '../../support/postgres-databases.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { run } from '../../support/process.ts'

const SCRIPT = join(import.meta.dirname, '../../../scripts/migrate.ts')
const ROLE = 'limited'

function as(role: string, url: string): string {
  const own = new URL(url)
  own.username = role
  return own.href
}

const open = (url: string, onMigrationWait = (): void => {}) =>
  openDatabase({ url, directory: '', onConnectionError: () => {}, onMigrationWait })

async function migrateByScript(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; text: string }> {
  return run(process.execPath, [SCRIPT], { env: { PATH: process.env['PATH'], ...env } }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (failure: { code: number; stderr: string }) => ({ code: failure.code, text: failure.stderr }),
  )
}

describe('a role that may not change tables', () => {
  let postgres: PostgresServer
  let url: string

  // Roles belong to a server, so these have one of their own.
  beforeAll(async () => {
    postgres = await startPostgres()
    await withClient(postgres.url, (client) => client.query(`CREATE ROLE ${ROLE} LOGIN`))
  })
  afterAll(() => postgres[Symbol.asyncDispose]())
  beforeEach(async () => {
    url = await postgres.createDatabase()
  })

  const allow = () =>
    withClient(url, (client) =>
      client.query(`
        GRANT USAGE ON SCHEMA public TO ${ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${ROLE}`),
    )

  test('opens a database that is up to date, and writes there', async () => {
    await migrateDatabase({ url, directory: '' })
    await allow()
    const record = await open(as(ROLE, url))
    await record.commands.transaction((tx) => tx.execute(sql`UPDATE topics SET head = head`))
    const { rows } = await record.database.execute(sql`SELECT count(*)::int AS count FROM rooms`)
    expect(rows).toEqual([{ count: 3 }])
    await record.close()
  })

  test('says what to run if a migration is missing', async () => {
    await expect(open(as(ROLE, url))).rejects.toThrow(/"limited".*npm run migrate.*MIGRATION_DATABASE_URL/)
    await migrateDatabase({ url, directory: '' })
    await allow()
    await withClient(url, (client) =>
      client.query(
        'DELETE FROM drizzle.__drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM drizzle.__drizzle_migrations)',
      ),
    )
    await expect(open(as(ROLE, url))).rejects.toThrow(/npm run migrate/)
  })

  test('sees what an older version migrated once `npm run migrate` has run', async () => {
    await migrateDatabase({ url, directory: '' })
    await allow()
    await withClient(url, (client) => client.query('REVOKE ALL ON SCHEMA drizzle FROM PUBLIC'))
    await expect(open(as(ROLE, url))).rejects.toThrow(/npm run migrate/)
    await migrateDatabase({ url, directory: '' })
    await (await open(as(ROLE, url))).close()
  })

  test('opens a database that takes no writes', async () => {
    await migrateDatabase({ url, directory: '' })
    await withClient(url, (client) =>
      client.query(
        `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET default_transaction_read_only = on`,
      ),
    )
    await (await open(url)).close()
  })
})

describe('a migration', () => {
  test('waits for another that runs, and says so', async () => {
    const url = await freshDatabase()
    let waited = 0
    await withClient(url, async (client) => {
      await client.query('BEGIN; SELECT pg_advisory_xact_lock(7203114)')
      const opening = open(url, () => {
        waited += 1
      })
      await expect.poll(() => waited).toBe(1)
      await pause(100)
      await client.query('COMMIT')
      await (await opening).close()
    })
    expect(waited).toBe(1)
  })

  test('leaves no lock and no setting behind in the session, which a pooler may give to others', async () => {
    const url = await freshDatabase()
    await withClient(url, async (client) => {
      await migrateDatabase({ url, directory: '' })
      // Other tests use other databases of this server.
      const { rows } = await client.query(`
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND datname = current_database()`)
      expect(rows).toEqual([])
    })
  })

  test('is run by `npm run migrate`, by its own address rather than that of the nodes, and again', async () => {
    const url = await freshDatabase()
    const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATION_DATABASE_URL: url }
    for (let time = 0; time < 2; time += 1) {
      expect(await migrateByScript(env)).toEqual({ code: 0, text: 'The database is up to date.\n' })
    }
    await withClient(url, async (client) => {
      expect((await client.query('SELECT FROM rooms')).rowCount).toBe(3)
    })
    expect(await migrateByScript({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })).toMatchObject({
      code: 1,
      text: expect.stringContaining('ECONNREFUSED'),
    })
    expect(await migrateByScript({ DATABASE_URL: 'mysql://127.0.0.1/none' })).toMatchObject({ code: 2 })
  })
})
