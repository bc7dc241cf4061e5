import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isDatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import { createHistoryGuard, type HistoryGuard } from '../../../src/engine/storage/history-guard.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { openDatabase } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { makeTemporaryFolder } from '../../support/process.ts'
import { startProxy } from '../../support/proxy.ts'

const onConnectionError = (): void => {}

/** A folder that is removed when the test is over. */
async function passingFolder(): Promise<string> {
  const folder = await makeTemporaryFolder('record')
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Every column, key and index that the migrations made, as the catalogue tells them. */
async function dump({ database }: OpenDatabase): Promise<unknown> {
  const columns = await database.execute(sql`
    SELECT table_name, column_name, data_type, datetime_precision, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`)
  const indexes = await database.execute(sql`
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY tablename, indexname`)
  return { columns: columns.rows, indexes: indexes.rows }
}

describe('the database', () => {
  test('has the same tables in PostgreSQL and in the embedded database', async () => {
    const folder = await makeTemporaryFolder('record')
    const embedded = await openDatabase({ url: null, directory: join(folder, 'data'), onConnectionError })
    const server = await openDatabase({ url: await freshDatabase(), directory: '', onConnectionError })
    try {
      expect(await dump(embedded)).toEqual(await dump(server))
    } finally {
      await embedded.close()
      await server.close()
      await rm(folder, { recursive: true })
    }
  })

  test('opens on an empty database from many nodes at once, and again later', async () => {
    const url = await freshDatabase()
    const options = { url, directory: '', onConnectionError }
    const records = await Promise.all(Array.from({ length: 6 }, () => openDatabase(options)))
    const again = await openDatabase(options)
    const { rows } = await again.database.execute(sql`SELECT id, visibility, phase FROM rooms ORDER BY id`)
    expect(rows).toEqual([
      { id: 'admin', visibility: 'ADMIN', phase: 'LIVE' },
      { id: 'authenticated', visibility: 'AUTHENTICATED', phase: 'LIVE' },
      { id: 'global', visibility: 'PUBLIC', phase: 'LIVE' },
    ])
    for (const record of [...records, again]) await record.close()
  })

  test('refuses a directory that is open already, and takes it when that is closed', async () => {
    const folder = await makeTemporaryFolder('record')
    const options = { url: null, directory: join(folder, 'data'), onConnectionError }
    const first = await openDatabase(options)
    await expect(openDatabase(options)).rejects.toThrow(`${options.directory} is in use by process`)
    await first.close()
    await writeFile(join(folder, 'data', 'server.pid'), '1')
    const second = await openDatabase(options)
    await second.close()
    await rm(folder, { recursive: true })
  })

  test('keeps other users out of the embedded files, also where the directory was open to them', async () => {
    const folder = await makeTemporaryFolder('record')
    const directory = join(folder, 'data')
    await mkdir(join(directory, 'pglite'), { recursive: true })
    await Promise.all([directory, join(directory, 'pglite')].map((path) => chmod(path, 0o777)))
    const record = await openDatabase({ url: null, directory, onConnectionError })
    await record.close()
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, 'pglite'))).mode & 0o777).toBe(0o700)
    await rm(folder, { recursive: true })
  })

  test('reports a directory that has to stay open, and still keeps others out of the files', async () => {
    const folder = await makeTemporaryFolder('record')
    const directory = join(folder, 'data')
    await mkdir(directory)
    await chmod(directory, 0o1777)
    const problems: string[] = []
    const record = await openDatabase({
      ...{ url: null, directory, onConnectionError },
      onDirectoryProblem: (problem) => problems.push(problem),
    })
    await record.close()
    expect(problems).toEqual([expect.stringContaining(`${directory} is open to other users`)])
    expect((await stat(directory)).mode & 0o7777).toBe(0o1777)
    expect((await stat(join(directory, 'pglite'))).mode & 0o777).toBe(0o700)
    await rm(folder, { recursive: true })
  })

  test('survives connections that break inside transactions, more than it has in all', async () => {
    const url = await freshDatabase()
    const record = await openDatabase({ url, directory: '', onConnectionError: () => {} })
    const breaking = () =>
      record.database.transaction((tx) => tx.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`))
    for (let round = 0; round < 3; round += 1) {
      const ends = await Promise.allSettled(Array.from({ length: 8 }, breaking))
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true)
    }
    const { rows } = await record.database.transaction((tx) => tx.execute(sql`SELECT 1 AS one`))
    expect(rows).toEqual([{ one: 1 }])
    await record.close()
  })

  describe('asks its guard about each new connection', () => {
    const guardedBy = (admit: HistoryGuard['admit']): HistoryGuard => {
      return { admit, confirm: async () => {}, onReplaced: () => {}, replacements: 0 }
    }
    const kinds = [
      ['of a server', async () => ({ url: await freshDatabase(), directory: '' })],
      ['of the embedded database', async () => ({ url: null, directory: await passingFolder() })],
    ] as const

    test.each(kinds)('%s, and waits for it before anybody gets the connection', async (_kind, place) => {
      const answers: unknown[] = []
      const record = await openDatabase({
        ...(await place()),
        onConnectionError,
        history: guardedBy(async (client) => {
          await pause(20)
          const { rows } = await client.query("SELECT set_config('rostrum.seen', 'yes', false) AS seen")
          answers.push(rows)
        }),
      })
      const { rows } = await record.database.execute(sql`SELECT current_setting('rostrum.seen') AS seen`)
      expect(rows).toEqual([{ seen: 'yes' }])
      expect(answers).toEqual([[{ seen: 'yes' }]])
      await record.close()
    })

    test.each(kinds)('%s, and destroys the connection that it refuses', async (_kind, place) => {
      let isRefusing = true
      let asked = 0
      const record = await openDatabase({
        ...(await place()),
        onConnectionError,
        history: guardedBy(async () => {
          asked += 1
          if (isRefusing) throw new Error('another database')
        }),
      })
      const query = () => record.database.execute(sql`SELECT 1 AS one`)
      const refused = { cause: { message: 'another database' } }
      await expect(query()).rejects.toMatchObject({ cause: refused })
      await expect(record.database.transaction((tx) => tx.execute(sql`SELECT 1`))).rejects.toMatchObject(
        refused,
      )
      isRefusing = false
      expect((await query()).rows).toEqual([{ one: 1 }])
      expect(asked).toBe(3)
      await record.close()
    })

    test('of a server, and gives up on one that does not answer it', async () => {
      const url = new URL(await freshDatabase())
      await using proxy = await startProxy(Number(url.port))
      url.port = String(proxy.port)
      let isSilent = true
      const guard = createHistoryGuard({ onRenewed: () => {}, onUnreadable: () => {} })
      const record = await openDatabase({
        ...{ url: url.href, directory: '', onConnectionError },
        history: guardedBy(async (client) => {
          if (isSilent) proxy.swallow()
          await guard.admit(client)
        }),
      })
      const query = () => record.database.execute(sql`SELECT 1 AS one`)
      const error: unknown = await query().catch((fault: unknown) => fault)
      expect(isDatabaseUnavailable(error)).toBe(true)
      isSilent = false
      proxy.heal()
      expect((await query()).rows).toEqual([{ one: 1 }])
      await record.close()
    })
  })

  test('gives a new connection a clean session after a statement failed in the embedded database', async () => {
    const folder = await makeTemporaryFolder('record')
    const record = await openDatabase({ url: null, directory: join(folder, 'data'), onConnectionError })
    await expect(record.database.execute(sql`SELECT bogus`)).rejects.toThrow()
    await expect(record.database.transaction((tx) => tx.execute(sql`SELECT 1 / 0`))).rejects.toThrow()
    const { rows } = await record.database.execute(sql`SELECT 1 AS one`)
    expect(rows).toEqual([{ one: 1 }])
    await record.close()
    await rm(folder, { recursive: true })
  })
})
