import type { Database } from '../log/database.ts'
import { verifyAuctions } from './auctions.ts'
import type { Difference } from './difference.ts'
import { verifyMoney } from './money.ts'

/** Everything that the record says in two places, and not the same. Run it while nothing is written. */
export async function* verifyRecord(database: Database): AsyncGenerator<Difference, void> {
  yield* verifyAuctions(database)
  yield* verifyMoney(database)
}
