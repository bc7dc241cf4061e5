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

/** The record. The same driver and the same statements whether PostgreSQL or the embedded PGlite answers. */
export interface Database extends Statements {
  /**
   * Commits what `act` wrote and resolves with what it returned; or, where anything throws, rolls all back and throws
   * that. Embedded there is one connection: never reach for the database inside a transaction.
   */
  transaction<Result>(act: (tx: Transaction) => Promise<Result>): Promise<Result>
  /**
   * What `read` returned: all its statements see the database as of one moment, and none may write. `timeoutMs`: how long
   * all of them may take together; omit for the limit of all transactions.
   */
  snapshot<Result>(
    read: (tx: Transaction) => Promise<Result>,
    options?: { readonly timeoutMs: number },
  ): Promise<Result>
}

/** An open transaction. */
export type Transaction = Statements

/** Where a read may run: outside any transaction or inside one. */
export type Executor = Statements
