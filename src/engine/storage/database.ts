import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

/** The driver's pool or connection. */
interface Client {
  query(config: {
    readonly name: string
    readonly text: string
    readonly values: readonly unknown[]
  }): Promise<{ readonly rows: readonly unknown[] }>
}

interface Statements extends Omit<NodePgDatabase, 'transaction'> {
  readonly $client: Client
}

/** The database. PostgreSQL and the embedded PGlite use the same driver and the same statements. */
export interface Database extends Statements {
  /**
   * Commits the writes of `act` and resolves with its result. If anything throws, rolls back and rethrows the error. The
   * embedded database has one connection, so never use the database itself inside a transaction.
   */
  transaction<Result>(act: (tx: Transaction) => Promise<Result>): Promise<Result>
  /**
   * Runs `read` in a read-only transaction with one snapshot and resolves with its result. `timeoutMs` bounds all of its
   * statements together. Default: the limit of all transactions.
   */
  snapshot<Result>(
    read: (tx: Transaction) => Promise<Result>,
    options?: { readonly timeoutMs: number },
  ): Promise<Result>
}

/** An open transaction. */
export type Transaction = Statements

/** Runs reads, outside or inside a transaction. */
export type Executor = Statements
