import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createTransactions } from '../../src/log/transaction.ts'

/** A pool of one connection, on which `failing` fails; and what was asked of it. */
function given(failing: string, commandOfCommit = 'COMMIT') {
  const asked: string[] = []
  const client = {
    async query(statement: string | { readonly text: string }) {
      const text = typeof statement === 'string' ? statement : statement.text
      asked.push(text)
      if (failing === 'all' || text === failing) throw new Error(`${text} failed`)
      return { rows: [], command: text === 'COMMIT' ? commandOfCommit : text }
    },
    release: (isBroken: boolean) => void asked.push(isBroken ? 'thrown away' : 'given back'),
  }
  const pool = { connect: async () => client }
  return { asked, transaction: createTransactions(pool as unknown as pg.Pool) }
}

describe('the connection of a transaction', () => {
  test('is given back after the commit', async () => {
    const { asked, transaction } = given('')
    expect(await transaction(async () => 7)).toBe(7)
    expect(asked).toEqual(['BEGIN', 'COMMIT', 'given back'])
  })

  test('is given back where a statement fails', async () => {
    const { asked, transaction } = given('SELECT 1')
    await expect(transaction((tx) => tx.execute(sql`SELECT 1`))).rejects.toThrow()
    expect(asked).toEqual(['BEGIN', 'SELECT 1', 'ROLLBACK', 'given back'])
  })

  test('is thrown away where it is dead from the beginning', async () => {
    const { asked, transaction } = given('all')
    await expect(transaction(async () => 7)).rejects.toThrow('BEGIN failed')
    expect(asked).toEqual(['BEGIN', 'ROLLBACK', 'thrown away'])
  })
})

test('A transaction that PostgreSQL rolled back at its COMMIT is a failure', async () => {
  const { transaction } = given('', 'ROLLBACK')
  await expect(transaction(async () => 7)).rejects.toThrow('rolled back')
})
