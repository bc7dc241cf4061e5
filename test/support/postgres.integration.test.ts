import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { startPostgres } from './postgres.ts'
import { withClient } from './postgres-databases.ts'
import { freshDatabase } from './postgres-shared.ts'

const nameOf = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select current_database() as name')
    return rows[0]?.name
  })

describe('a fresh database', () => {
  test('is empty and nobody else’s', async () => {
    const [one, two] = await Promise.all([freshDatabase(), freshDatabase()])
    await withClient(one, (client) => client.query('create table mine (id int)'))
    await withClient(two, async (client) => {
      const { rows } = await client.query("select to_regclass('mine') as mine")
      expect(rows).toEqual([{ mine: null }])
    })
    expect(await nameOf(one)).toMatch(/^rostrum_test_/)
    expect(await nameOf(one)).not.toBe(await nameOf(two))
  })
})

describe('a PostgreSQL of one’s own', () => {
  test('keeps what was committed through a crash, and is gone with its folder when disposed', async () => {
    let folder = ''
    {
      await using postgres = await startPostgres()
      const url = await postgres.createDatabase()
      await withClient(url, async (client) => {
        await client.query('create table kept as select 1 as id')
        const { rows } = await client.query<{ folder: string }>(
          "select current_setting('data_directory') as folder",
        )
        folder = rows[0]?.folder ?? ''
      })
      expect(existsSync(folder)).toBe(true)
      await postgres.killImmediate()
      await expect(nameOf(url)).rejects.toThrow('ECONNREFUSED')
      await postgres.restart()
      await withClient(url, async (client) => {
        expect((await client.query('select id from kept')).rows).toEqual([{ id: 1 }])
      })
      await postgres.stop()
      await expect(nameOf(url)).rejects.toThrow('ECONNREFUSED')
    }
    expect(existsSync(folder)).toBe(false)
  })
})
