import type { Database } from '../engine/storage/database.ts'
import { isCallContext, type SharedContext } from './context.ts'

/** A read with its own statement for one caller. Data that many fields need belongs in a feature's batched reads. */
export function readFor<Value>(
  context: SharedContext,
  read: (database: Database) => Promise<Value>,
): Promise<Value> {
  const { database, gates } = context.services
  return isCallContext(context) ? gates.run(context, () => read(database)) : read(database)
}
