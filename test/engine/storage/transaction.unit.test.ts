import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { allSettled } from '../../../src/engine/storage/all-settled.ts'
import type { Lease } from '../../../src/engine/storage/connections.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import { OtherHistory } from '../../../src/engine/storage/history-guard.ts'
import { createTransactions, type TransactionOptions } from '../../../src/engine/storage/transaction.ts'

/** A class, since the builder takes plain objects for settings. */
class FakeClient {
  readonly connection = { stream: new PassThrough() }
  readonly asked: string[] = []
  readonly #answer: (text: string) => string

  constructor(answer: (text: string) => string) {
    this.#answer = answer
  }

  async query(statement: string | { readonly text: string }) {
    const text = typeof statement === 'string' ? statement : statement.text
    this.asked.push(text)
    return { rows: [], command: this.#answer(text) }
  }

  destroy(): void {
    this.asked.push('cut')
  }

  release(isBroken = false): void {
    this.asked.push(isBroken ? 'thrown away' : 'given back')
  }
}

/** A pool of one connection; what was asked of it. `answer` tells the command that was carried out, or throws. */
function given(answer: (text: string) => string = (text) => text, options: Partial<TransactionOptions> = {}) {
  const client = new FakeClient(answer)
  const lease: Lease = {
    client: client as unknown as pg.PoolClient,
    release: (isBroken) => client.release(isBroken),
    destroy: () => client.destroy(),
  }
  return {
    asked: client.asked,
    transaction: createTransactions({ connect: async () => lease, timeoutMs: 10_000, ...options })
      .transaction,
  }
}

const failAt = (isFailing: (text: string) => boolean) => (text: string) => {
  if (isFailing(text)) throw new Error(`${text} failed`)
  return text
}

describe('the connection of a transaction', () => {
  test('is given back after the commit', async () => {
    const { asked, transaction } = given()
    expect(await transaction(async () => 7)).toBe(7)
    expect(asked).toEqual(['BEGIN', 'COMMIT', 'given back'])
  })

  test('is given back where a statement fails', async () => {
    const { asked, transaction } = given(failAt((text) => text === 'SELECT 1'))
    await expect(transaction((tx) => tx.execute(sql`SELECT 1`))).rejects.toThrow()
    expect(asked).toEqual(['BEGIN', 'SELECT 1', 'ROLLBACK', 'given back'])
  })

  test('is thrown away where the server behind it continues another history', async () => {
    const confirm = async () => {
      throw new OtherHistory('another timeline')
    }
    const { asked, transaction } = given((text) => text, { confirm })
    await expect(transaction(async () => 7)).rejects.toThrow(OtherHistory)
    expect(asked).toEqual(['BEGIN', 'ROLLBACK', 'thrown away'])
  })

  test('is thrown away where it is dead from the beginning', async () => {
    const { asked, transaction } = given(failAt(() => true))
    await expect(transaction(async () => 7)).rejects.toThrow('BEGIN failed')
    expect(asked).toEqual(['BEGIN', 'ROLLBACK', 'thrown away'])
  })

  test('is cut where the transaction takes too long, and its caller hears of it', async () => {
    const { asked, transaction } = given((text) => text, { timeoutMs: 20 })
    await expect(transaction(() => new Promise(() => {}))).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(asked).toEqual(['BEGIN', 'cut', 'ROLLBACK', 'thrown away'])
  })
})

test('A transaction that PostgreSQL rolled back at its COMMIT is a failure', async () => {
  const { transaction } = given((text) => (text === 'COMMIT' ? 'ROLLBACK' : text))
  await expect(transaction(async () => 7)).rejects.toThrow('rolled back')
})

test('A transaction fails with what failed first, whichever failure is heard of first', async () => {
  const { transaction } = given((text) => {
    if (text === 'first') throw Object.assign(new Error('taken'), { code: '23505' })
    if (text === 'second') throw Object.assign(new Error('aborted'), { code: '25P02' })
    return text
  })
  const failing = transaction(async (tx) => {
    const slow = tx.execute(sql`first`).catch((error: unknown) => pause(5).then(() => Promise.reject(error)))
    await Promise.all([slow, tx.execute(sql`second`)])
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
})

test('What is done together fails when all of it has ended', async () => {
  const ended: string[] = []
  const tasks = [
    Promise.reject(new Error('at once')),
    pause(5).then(() => void ended.push('late')),
    pause(10).then(() => Promise.reject(new Error('later'))),
  ]
  await expect(allSettled(tasks)).rejects.toThrow('at once')
  expect(ended).toEqual(['late'])
  expect(await allSettled([1, Promise.resolve('two')])).toEqual([1, 'two'])
})

test('What is lazy is done once', async () => {
  let runs = 0
  const lazy = {
    // biome-ignore lint/suspicious/noThenProperty: as queries of the builder are
    then(done: (value: number) => void) {
      runs += 1
      done(runs)
    },
  }
  expect(await allSettled([lazy])).toEqual([1])
})
