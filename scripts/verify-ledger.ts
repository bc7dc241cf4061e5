import { verifyDatabase } from '../src/engine/verify/verify.ts'
import { featureSet } from '../src/features.ts'
import { openConfiguredDatabase } from './configured-database.ts'

// Recomputes every auction and wallet of DATABASE_URL, also while servers run, or of the embedded database in DATA_DIR
// while no server has it open, from history, offers and ledger. Prints each difference; ends with 1 where there is any.
const record = await openConfiguredDatabase()
let count = 0
for await (const { about, what, stored, recomputed } of verifyDatabase(
  record.database,
  featureSet().verifications,
)) {
  count += 1
  console.log(`${about}: ${what} is ${JSON.stringify(stored)} but should be ${JSON.stringify(recomputed)}`)
}
console.log(count === 0 ? 'Everything adds up.' : `${count} differences.`)
await record.close()
process.exit(count === 0 ? 0 : 1)
