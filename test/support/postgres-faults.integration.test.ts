import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from './postgres.ts'
import { startReplica, takeBaseBackup } from './postgres-backup.ts'
import { withClient } from './postgres-databases.ts'
import { dumpDatabase } from './postgres-dump.ts'
import { freezePostgres, makeReadOnly } from './postgres-faults.ts'
import type { PostgresServer } from './postgres-server.ts'
import { startProxy } from './proxy.ts'

let primary: PostgresServer

beforeAll(async () => {
  primary = await startPostgres()
})

afterAll(() => primary[Symbol.asyncDispose]())

const add = (url: string, id: number) =>
  withClient(url, (client) => client.query('insert into kept values ($1)', [id]))

async function makeTable(server: PostgresServer): Promise<string> {
  const url = await server.createDatabase()
  await withClient(url, (client) => client.query('create table kept (id int)'))
  return url
}

function idsAt(url: string): Promise<readonly number[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ id: number }>('select id from kept order by id')
    return rows.map(({ id }) => id)
  })
}

const timelineOf = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ file: string }>(
      'select pg_walfile_name(pg_current_wal_lsn()) as file',
    )
    return rows[0]?.file.slice(0, 8)
  })

function on(url: string, { port }: { readonly port: number }): string {
  const moved = new URL(url)
  moved.port = `${port}`
  return moved.href
}

describe('A replica', () => {
  test('has what was replicated, lacks the tail, and takes over behind a proxy that keeps old sessions', async () => {
    await using old = await startPostgres()
    const url = await makeTable(old)
    await using replica = await startReplica(old)
    await using proxy = await startProxy(old.port)
    await add(on(url, proxy), 1)
    await replica.untilCaughtUp()
    await replica.cutOff()
    await add(on(url, proxy), 2)

    await withClient(on(url, proxy), async (session) => {
      await replica.promote()
      proxy.switchTo(replica.port)
      await add(on(url, proxy), 3)

      expect((await session.query('select id from kept order by id')).rows).toEqual([{ id: 1 }, { id: 2 }])
    })
    expect(await idsAt(on(url, proxy))).toEqual([1, 3])
    expect(await timelineOf(replica.url)).not.toBe(await timelineOf(old.url))
  })
})

describe('A backup', () => {
  test('starts on its own timeline, or on a new one by recovery', async () => {
    const url = await makeTable(primary)
    await add(url, 1)
    await using first = await takeBaseBackup(primary)
    await using second = await takeBaseBackup(primary)
    await add(url, 2)
    await using copied = await first.start()
    await using recovered = await second.recover()

    expect(await idsAt(on(url, copied))).toEqual([1])
    expect(await idsAt(on(url, recovered))).toEqual([1])
    const timeline = await timelineOf(primary.url)
    expect(await timelineOf(copied.url)).toBe(timeline)
    expect(await timelineOf(recovered.url)).not.toBe(timeline)
  })

  test('as a dump takes back everything that is newer', async () => {
    const url = await makeTable(primary)
    await add(url, 1)
    await using dump = await dumpDatabase(url)
    await add(url, 2)
    await dump.restore()

    expect(await idsAt(url)).toEqual([1])
  })
})

describe('A server', () => {
  test('that is frozen answers nothing, and continues', async () => {
    const url = await makeTable(primary)
    const answered = await withClient(url, async (client) => {
      let isAnswered = false
      let answer: Promise<unknown>
      {
        using _frozen = await freezePostgres(primary)
        answer = client.query('select 1').then(() => {
          isAnswered = true
        })
        await new Promise((resolve) => setTimeout(resolve, 300))
        expect(isAnswered).toBe(false)
      }
      await answer
      return isAnswered
    })

    expect(answered).toBe(true)
  })

  test('that is read-only refuses writes until it is not', async () => {
    const url = await makeTable(primary)
    {
      await using _readOnly = await makeReadOnly(primary)
      await expect.poll(() => add(url, 1).then(() => 'written', String)).toContain('read-only transaction')
    }
    await expect.poll(() => add(url, 2).then(() => 'written', String)).toBe('written')
  })
})
