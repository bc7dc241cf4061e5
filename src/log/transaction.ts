import type { Duplex } from 'node:stream'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { allSettled } from './all-settled.ts'
import type { Database, Transaction } from './database.ts'
import { isAborted } from './faults.ts'
import { OtherHistory } from './history-guard.ts'

/** A connection of the pool, as transactions use it. */
interface Session {
  readonly tx: Transaction
  /** The first statement that failed since the transaction began. */
  fault: unknown
}

/**
 * The transactions of `Database` over a pool. A connection always goes back to it, and one that broke is thrown away:
 * drizzle's own keeps for ever the one whose BEGIN failed. `confirm` goes out with each BEGIN; where it throws
 * OtherHistory, the transaction fails and the connection is thrown away.
 */
export function createTransactions(
  pool: pg.Pool,
  confirm: (client: pg.PoolClient) => Promise<void> = async () => {},
): Pick<Database, 'transaction' | 'snapshot'> {
  const sessions = new WeakMap<pg.PoolClient, Session>()

  function on(client: pg.PoolClient): Session {
    const known = sessions.get(client) ?? createSession(client)
    sessions.set(client, known)
    return known
  }

  async function run<Result>(begin: string, act: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const client = await pool.connect()
    const session = on(client)
    session.fault = undefined
    let isBroken = false
    try {
      // All three go out in one write, and `act` waits for neither answer.
      const begun = client.query(begin)
      const [, , result] = await allSettled([confirm(client), begun, act(session.tx)])
      const { command } = await client.query('COMMIT')
      // A statement that failed unnoticed has made it that.
      if (command !== 'COMMIT') throw new Error('the transaction had failed, and was rolled back')
      return result
    } catch (error) {
      isBroken = error instanceof OtherHistory
      await client.query('ROLLBACK').catch(() => {
        isBroken = true
      })
      // Of statements that were sent together, one after the fault may be heard of first.
      throw isAborted(error) ? session.fault : error
    } finally {
      client.release(isBroken)
    }
  }

  return {
    transaction: (act) => run('BEGIN', act),
    snapshot: (read) => run('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY', read),
  }
}

function createSession(client: pg.PoolClient): Session {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown
  function queryTogether(...given: unknown[]): unknown {
    joinWrites(client)
    const answer = query(...given)
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        session.fault ??= error
      })
    }
    return answer
  }
  const session: Session = {
    tx: drizzle(Object.assign(client, { query: queryTogether })),
    fault: undefined,
  }
  return session
}

const corked = new WeakSet<Duplex>()

/** Statements that are given within a turn leave in one write: the driver by itself writes each. */
function joinWrites(client: pg.PoolClient): void {
  // The driver's types don't tell of it.
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection
  if (corked.has(stream)) return
  corked.add(stream)
  stream.cork()
  process.nextTick(() => {
    corked.delete(stream)
    stream.uncork()
  })
}
