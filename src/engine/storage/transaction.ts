import type { Duplex } from 'node:stream'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { allSettled } from './all-settled.ts'
import { streamOf } from './connect-hook.ts'
import type { Lease } from './connections.ts'
import type { Database, Transaction } from './database.ts'
import { DatabaseUnavailable, isAborted } from './faults.ts'
import { OtherHistory } from './history-guard.ts'

/** A connection of the pool, as transactions use it. */
interface Session {
  readonly tx: Transaction
  /** The first statement that failed since the transaction began. */
  fault: unknown
}

export interface TransactionOptions {
  /** Throws where no connection can be had. */
  readonly connect: () => Promise<Lease>
  /** After so long the connection is destroyed, and the transaction fails. */
  readonly timeoutMs: number
  /** Goes out with each BEGIN. Where it throws OtherHistory, the connection is thrown away. */
  readonly confirm?: (client: pg.PoolClient) => Promise<void>
}

/**
 * The transactions of `Database` over connections. A connection always goes back, and one that broke is thrown away: drizzle's
 * own keeps for ever the one whose BEGIN failed.
 */
export function createTransactions({
  connect,
  timeoutMs: defaultTimeoutMs,
  confirm = async () => {},
}: TransactionOptions): Pick<Database, 'transaction' | 'snapshot'> {
  const sessions = new WeakMap<pg.PoolClient, Session>()

  function on(client: pg.PoolClient): Session {
    const known = sessions.get(client) ?? createSession(client)
    sessions.set(client, known)
    return known
  }

  async function run<Result>(
    begin: string,
    act: (tx: Transaction) => Promise<Result>,
    timeoutMs = defaultTimeoutMs,
  ): Promise<Result> {
    const lease = await connect()
    const session = on(lease.client)
    session.fault = undefined
    const late = Promise.withResolvers<never>()
    // Nobody else may be waiting for it any more when it fires.
    late.promise.catch(() => {})
    const timer = setTimeout(() => {
      // What was asked fails now, and what is asked later, too: the work cannot go on behind the back of its caller.
      lease.destroy()
      late.reject(new DatabaseUnavailable(new Error(`a transaction took longer than ${timeoutMs} ms`)))
    }, timeoutMs)
    let isBroken = false
    try {
      return await Promise.race([commit(lease.client, session, begin, act), late.promise])
    } catch (error) {
      isBroken = error instanceof OtherHistory
      const rolledBack = lease.client.query('ROLLBACK').catch(() => {
        isBroken = true
      })
      await Promise.race([rolledBack, late.promise]).catch(() => {
        isBroken = true
      })
      // Of statements that were sent together, one after the fault may be heard of first.
      throw isAborted(error) ? session.fault : error
    } finally {
      clearTimeout(timer)
      lease.release(isBroken)
    }
  }

  async function commit<Result>(
    client: pg.PoolClient,
    session: Session,
    begin: string,
    act: (tx: Transaction) => Promise<Result>,
  ): Promise<Result> {
    // All three go out in one write, and `act` waits for neither answer.
    const begun = client.query(begin)
    const [, , result] = await allSettled([confirm(client), begun, act(session.tx)])
    const { command } = await client.query('COMMIT')
    // A statement that failed unnoticed has made it that.
    if (command !== 'COMMIT') throw new Error('the transaction had failed, and was rolled back')
    return result
  }

  return {
    transaction: (act) => run('BEGIN', act),
    snapshot: (read, options) =>
      run('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY', read, options?.timeoutMs),
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
  const stream = streamOf(client)
  if (corked.has(stream)) return
  corked.add(stream)
  stream.cork()
  process.nextTick(() => {
    corked.delete(stream)
    stream.uncork()
  })
}
