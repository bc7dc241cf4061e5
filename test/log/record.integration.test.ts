import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { type OpenRecord, openRecord } from '../../src/log/record.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeTemporaryFolder } from '../support/process.ts'

const onConnectionError = (): void => {}

/** Every column, key and index that the migrations made, as the catalogue tells them. */
async function dump({ database }: OpenRecord): Promise<unknown> {
  const columns = await database.execute(sql`
    SELECT table_name, column_name, data_type, datetime_precision, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`)
  const indexes = await database.execute(sql`
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY tablename, indexname`)
  return { columns: columns.rows, indexes: indexes.rows }
}

describe('the record', () => {
  test('has the same tables in PostgreSQL and in the embedded database', async () => {
    const folder = await makeTemporaryFolder('record')
    const embedded = await openRecord({ url: null, directory: join(folder, 'data'), onConnectionError })
    const server = await openRecord({ url: await freshDatabase(), directory: '', onConnectionError })
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
    const records = await Promise.all(Array.from({ length: 6 }, () => openRecord(options)))
    const again = await openRecord(options)
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
    const first = await openRecord(options)
    await expect(openRecord(options)).rejects.toThrow(`${options.directory} is in use by process`)
    await first.close()
    await writeFile(join(folder, 'data', 'server.pid'), '1')
    const second = await openRecord(options)
    await second.close()
    await rm(folder, { recursive: true })
  })

  test('keeps other users out of the embedded files, also where the directory was open to them', async () => {
    const folder = await makeTemporaryFolder('record')
    const directory = join(folder, 'data')
    await mkdir(join(directory, 'pglite'), { recursive: true })
    await Promise.all([directory, join(directory, 'pglite')].map((path) => chmod(path, 0o777)))
    const record = await openRecord({ url: null, directory, onConnectionError })
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
    const record = await openRecord({
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
    const record = await openRecord({ url, directory: '', onConnectionError: () => {} })
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

  test('gives a new connection a clean session after a statement failed in the embedded database', async () => {
    const folder = await makeTemporaryFolder('record')
    const record = await openRecord({ url: null, directory: join(folder, 'data'), onConnectionError })
    await expect(record.database.execute(sql`SELECT bogus`)).rejects.toThrow()
    await expect(record.database.transaction((tx) => tx.execute(sql`SELECT 1 / 0`))).rejects.toThrow()
    const { rows } = await record.database.execute(sql`SELECT 1 AS one`)
    expect(rows).toEqual([{ one: 1 }])
    await record.close()
    await rm(folder, { recursive: true })
  })
})
