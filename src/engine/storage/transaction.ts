import type { Duplex } from 'node:stream'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { allSettled } from './all-settled.ts'
import { streamOf } from './connect-hook.ts'
import type { Lease } from './connections.ts'
import type { Database, Transaction } from './database.ts'
import { DatabaseUnavailable, isAborted } from './faults.ts'
import { OtherHistory } from './history-guard.ts'

/** A pool connection, as used by transactions. */
interface Session {
  readonly tx: Transaction
  /** The first statement that failed since the transaction began. */
  fault: unknown
}

export interface TransactionOptions {
  /** Throws if no connection is available. */
  readonly connect: () => Promise<Lease>
  /** Timeout of a transaction; then its connection is destroyed and the transaction fails. */
  readonly timeoutMs: number
  /** Sent with each BEGIN. If it throws OtherHistory, the connection is destroyed. */
  readonly confirm?: (client: pg.PoolClient) => Promise<void>
}

/**
 * The transactions of `Database` over connections. A connection is always released, and a broken one destroyed: drizzle's
 * own implementation leaks the one whose BEGIN failed.
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
    // Its promise may have no other handler when it fires.
    late.promise.catch(() => {})
    const timer = setTimeout(() => {
      // Pending and later statements fail, so that the work cannot continue after its caller has given up.
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
      // Of statements sent together, one after the failed one may be reported first.
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
    // All three leave in one write, and `act` does not wait for the answers.
    const begun = client.query(begin)
    const [, , result] = await allSettled([confirm(client), begun, act(session.tx)])
    const { command } = await client.query('COMMIT')
    // A statement that failed unnoticed has aborted the transaction.
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

/** Statements issued within one event-loop tick leave in one write; the driver alone would write each. */
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
