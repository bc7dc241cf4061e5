import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { createDatabaseProbe, type DatabaseProbe } from '../../../src/platform/health/database-probe.ts'
import { openDatabase } from '../../support/database.ts'
import { withClient } from '../../support/postgres-databases.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

/** Simulates a full disk. */
const FILL_DISK = `
  CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
  CREATE TRIGGER full_disk BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION full_disk()`

describe('a database probe', () => {
  let url: string
  let record: OpenDatabase
  let probe: DatabaseProbe

  beforeEach(async () => {
    url = await freshDatabase()
    record = await openDatabase({ url, directory: '', onConnectionError: () => {} })
    probe = createDatabaseProbe({ database: record.control, activity: record.activity, lookEveryMs: 50 })
  })
  afterEach(async () => {
    probe.close()
    await record.close()
  })

  const message = () => expect.poll(() => probe.problem()?.message ?? null, { timeout: 10_000 })
  const write = () =>
    record.commands.transaction((tx) =>
      tx.execute(
        sql`INSERT INTO entries (topic, "offset", at, type, data) VALUES ('count:x', 1, now(), 'X', '{}')`,
      ),
    )

  /** For all sessions: open ones are terminated. */
  const setReadOnly = (value: string) =>
    withClient(url, async (client) => {
      const name = new URL(url).pathname.slice(1)
      await client.query('SET default_transaction_read_only = off')
      await client.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = ${value}`)
      await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
        [name],
      )
    })

  test('detects that it accepts no writes, and that it recovers', async () => {
    await message().toBe(null)
    await setReadOnly('on')
    await message().toBe('It accepts no writes.')
    await setReadOnly('off')
    await message().toBe(null)
  })

  test('detects that a write had no disk space, and that one succeeds again', async () => {
    await message().toBe(null)
    await withClient(url, (client) => client.query(FILL_DISK))
    await message().toBe(null)
    await expect(write()).rejects.toMatchObject({ cause: { code: '53100' } })
    expect(probe.problem()).toMatchObject({ message: 'It has no disk space left.' })
    await message().toBe('It has no disk space left.')
    const { since } = probe.problem() ?? {}
    await withClient(url, (client) => client.query('DROP TRIGGER full_disk ON entries'))
    await message().toBe(null)
    expect(since).toBeDefined()
    const { rows } = await record.database.execute(sql`SELECT count(*)::int AS count FROM entries`)
    expect(rows).toEqual([{ count: 0 }])
  })
})
