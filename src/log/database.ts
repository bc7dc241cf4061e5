import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type * as schema from './schema.ts'

/** The record. The same driver and the same statements whether PostgreSQL or the embedded PGlite answers. */
export type Database = NodePgDatabase<typeof schema>

/** An open transaction of it. Embedded there is one connection: never reach for the database inside one. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

/** Where a read may run: outside any transaction or inside one. */
export type Executor = Database | Transaction
