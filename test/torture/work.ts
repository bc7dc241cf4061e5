import { setTimeout as pause } from 'node:timers/promises'
import type { TestNode } from '../support/node.ts'
import { withClient } from '../support/postgres-databases.ts'
import { scrape } from '../support/scrape.ts'
import { cpuMsOf } from './processes.ts'

/** The work of a node per second. */
export interface Work {
  /** Milliseconds of one core. */
  readonly cpuMs: number
  /** Transactions of the entire database. */
  readonly transactions: number
  /** State held for clients. */
  readonly connections: number
  readonly subscriptions: number
  /** Statements waiting for a pool connection. */
  readonly waiting: number
}

/** Measures a node for a time. */
export async function measureWork(node: TestNode, databaseUrl: string, forMs: number): Promise<Work> {
  const [cpuBefore, transactionsBefore] = await Promise.all([
    cpuMsOf(node.pid),
    countTransactions(databaseUrl),
  ])
  const beganMs = performance.now()
  await pause(forMs)
  const [cpuAfter, transactionsAfter] = await Promise.all([cpuMsOf(node.pid), countTransactions(databaseUrl)])
  const seconds = (performance.now() - beganMs) / 1000
  const { value } = await scrape(node.url)
  return {
    cpuMs: (cpuAfter - cpuBefore) / seconds,
    transactions: (transactionsAfter - transactionsBefore) / seconds,
    connections:
      value('rostrum_connections{transport="websocket"}') + value('rostrum_connections{transport="sse"}'),
    subscriptions: value('rostrum_subscriptions'),
    waiting: value('rostrum_database_connections{state="waiting"}'),
  }
}

/** PostgreSQL counts finished transactions, and reports them within a second. */
export function countTransactions(databaseUrl: string): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ readonly count: number }>(
      `SELECT (xact_commit + xact_rollback)::float8 AS count FROM pg_stat_database WHERE datname = current_database()`,
    )
    return rows[0]?.count ?? 0
  })
}
