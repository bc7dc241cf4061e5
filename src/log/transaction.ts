import type { Duplex } from 'node:stream'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { allSettled } from './all-settled.ts'
import { streamOf } from './connect-hook.ts'
import type { Lease } from './connections.ts'
import type { Database, Transaction } from './database.ts'
import { isAborted, RecordUnavailable } from './faults.ts'

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
}

/**
 * `Database.transaction` over connections. A connection always goes back, and one that broke is thrown away: drizzle's
 * own keeps for ever the one whose BEGIN failed.
 */
export function createTransactions({ connect, timeoutMs }: TransactionOptions): Database['transaction'] {
  const sessions = new WeakMap<pg.PoolClient, Session>()

  function on(client: pg.PoolClient): Session {
    const known = sessions.get(client) ?? createSession(client)
    sessions.set(client, known)
    return known
  }

  return async (act) => {
    const lease = await connect()
    const session = on(lease.client)
    session.fault = undefined
    const late = Promise.withResolvers<never>()
    // Nobody else may be waiting for it any more when it fires.
    late.promise.catch(() => {})
    const timer = setTimeout(() => {
      // What was asked fails now, and what is asked later, too: the work can not go on behind the back of its caller.
      lease.destroy()
      late.reject(new RecordUnavailable(new Error(`a transaction took longer than ${timeoutMs} ms`)))
    }, timeoutMs)
    let isBroken = false
    try {
      return await Promise.race([run(lease.client, session, act), late.promise])
    } catch (error) {
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
}

async function run<Result>(
  client: pg.PoolClient,
  session: Session,
  act: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  // The first statements go out with it.
  const begun = client.query('BEGIN')
  const [result] = await allSettled([act(session.tx), begun])
  const { command } = await client.query('COMMIT')
  // A statement that failed unnoticed has made it that.
  if (command !== 'COMMIT') throw new Error('the transaction had failed, and was rolled back')
  return result
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
