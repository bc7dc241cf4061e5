import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Overloaded } from '../../../src/engine/kernel/overloaded.ts'
import { Connections } from '../../../src/engine/storage/connections.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { createPermits } from '../../../src/engine/storage/permits.ts'
import { createPool, type Pool } from '../../../src/engine/storage/pool.ts'
import { createTransactions } from '../../../src/engine/storage/transaction.ts'
import { openDatabase } from '../../support/database.ts'
import { withClient } from '../../support/postgres-databases.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { startProxy, type TcpProxy } from '../../support/proxy.ts'

const SILENCE_MS = 1_000
const MAX_WAIT_MS = 300

describe('connections through a network that may fall silent', () => {
  let proxy: TcpProxy
  let pool: Pool
  let connections: Connections
  let suspicions = 0

  beforeEach(async () => {
    const url = new URL(await freshDatabase())
    proxy = await startProxy(Number(url.port))
    url.port = String(proxy.port)
    suspicions = 0
    pool = createPool({
      config: { connectionString: url.href, max: 2, pipeline: true, connectionTimeoutMillis: 1_000 },
      silenceMs: SILENCE_MS,
      onConnectionError: () => {},
      onDiskFull: () => {},
      onSuspect() {
        suspicions += 1
        pool.discard()
      },
    })
    const permits = createPermits(2, [{ maxWaiting: 10, maxWaitMs: MAX_WAIT_MS }])
    connections = new Connections({ pool, permits, lane: 0, answeredWithin: pool.watch.answeredWithin })
  })
  afterEach(async () => {
    await pool.close()
    await proxy[Symbol.asyncDispose]()
  })

  const ask = (): Promise<unknown> => connections.query('SELECT 1 AS one')

  test('are destroyed when an answer does not come, and all that is idle is given up with them', async () => {
    await Promise.all([ask(), ask()])
    expect(pool.counts()).toEqual({ total: 2, idle: 2 })
    proxy.swallow()
    const asked = ask().catch((error: unknown) => error)
    await pause(600)
    expect(pool.watch.silentMs()).toBeGreaterThanOrEqual(500)
    expect(await asked).toBeInstanceOf(DatabaseUnavailable)
    expect(pool.watch.destroyed()).toBe(1)
    expect(suspicions).toBeGreaterThan(0)
    proxy.heal()
    // The other connection was open before, too, and is as dead.
    const startedAt = performance.now()
    expect(await ask()).toMatchObject({ rows: [{ one: 1 }] })
    expect(performance.now() - startedAt).toBeLessThan(SILENCE_MS)
    expect(pool.watch.silentMs()).toBe(0)
  })

  test('of a transaction are cut when it takes too long as a whole, though each answer comes', async () => {
    const { transaction } = createTransactions({ connect: () => connections.connect(), timeoutMs: 400 })
    const slow = transaction(async (tx) => {
      for (;;) await tx.execute(sql`SELECT pg_sleep(0.05)`)
    })
    await expect(slow).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(await transaction((tx) => tx.execute(sql`SELECT 1 AS one`))).toMatchObject({ rows: [{ one: 1 }] })
  })

  test('are waited for no longer than allowed: busy is overloaded, silent is away', async () => {
    const busy = [connections.query('SELECT pg_sleep(0.8)'), connections.query('SELECT pg_sleep(0.8)')]
    await expect(ask()).rejects.toBeInstanceOf(DatabaseUnavailable)
    await Promise.all(busy)
    const [held, other] = [await connections.connect(), await connections.connect()]
    const keepAnswering = (async () => {
      for (let round = 0; round < 10; round += 1) await held.client.query('SELECT pg_sleep(0.05)')
    })()
    await expect(ask()).rejects.toBeInstanceOf(Overloaded)
    await keepAnswering
    held.release()
    other.release()
    expect(await ask()).toMatchObject({ rows: [{ one: 1 }] })
  })

  test('close within seconds though nothing answers on them', async () => {
    await ask()
    proxy.swallow()
    const asked = ask().catch((error: unknown) => error)
    await pool.close()
    expect(await asked).toBeInstanceOf(DatabaseUnavailable)
    // For the end of the test.
    pool = createPool({
      ...{ config: {}, silenceMs: SILENCE_MS },
      ...{ onConnectionError() {}, onDiskFull() {}, onSuspect() {} },
    })
  })
})

describe('the connections of a record', () => {
  let url: string
  let record: OpenDatabase

  beforeEach(async () => {
    url = await freshDatabase()
    record = await openDatabase({ url, directory: '', onConnectionError: () => {} })
  })
  afterEach(() => record.close())

  test('serve commands and control at once while reads take all of theirs', async () => {
    const reads = Array.from({ length: 50 }, () =>
      record.database.execute(sql`SELECT pg_sleep(0.2)`).catch((error: unknown) => error),
    )
    const startedAt = performance.now()
    await record.control.execute(sql`SELECT 1`)
    await record.commands.transaction((tx) => tx.execute(sql`SELECT 1`))
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(record.activity.waiting()).toMatchObject({ control: 0, commands: 0 })
    expect(record.activity.waiting().reads).toBeGreaterThan(20)
    await Promise.all(reads)
  })

  test('are replaced when the server has become read only: the next ones may find another', async () => {
    const pid = async (): Promise<unknown> =>
      (await record.database.execute(sql`SELECT pg_backend_pid() AS pid`)).rows[0]
    const before = await pid()
    await withClient(url, (client) =>
      client.query(
        `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET default_transaction_read_only = on`,
      ),
    )
    const write = () =>
      record.commands.transaction((tx) => tx.execute(sql`UPDATE topics SET head = head WHERE topic = 'none'`))
    await expect(write()).rejects.toMatchObject({ cause: { code: '25006' } })
    expect(await pid()).not.toEqual(before)
  })
})
