import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import type { Database, Transaction } from './database.ts'

/**
 * `Database.transaction` over a pool. A connection always goes back to it, and one that broke is thrown away: drizzle's
 * own keeps for ever the one whose BEGIN failed.
 */
export function createTransactions(pool: pg.Pool): Database['transaction'] {
  const opened = new WeakMap<pg.PoolClient, Transaction>()

  function on(client: pg.PoolClient): Transaction {
    const known = opened.get(client) ?? drizzle(client)
    opened.set(client, known)
    return known
  }

  return async (act) => {
    const client = await pool.connect()
    let isBroken = false
    try {
      await client.query('BEGIN')
      const result = await act(on(client))
      const { command } = await client.query('COMMIT')
      // A statement that failed unnoticed has made it that.
      if (command !== 'COMMIT') throw new Error('the transaction had failed, and was rolled back')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        isBroken = true
      })
      throw error
    } finally {
      client.release(isBroken)
    }
  }
}
