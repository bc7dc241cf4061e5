import { readConfig } from '../src/config/config.ts'
import { environment } from '../src/config/environment.ts'
import { openRecord } from '../src/log/record.ts'
import { verifyRecord } from '../src/verify/verify.ts'

// Recomputes every auction and wallet of DATABASE_URL, or of the embedded database in DATA_DIR while no server has it
// open, from history, offers and ledger. Prints each difference; ends with 1 where there is any.
const read = readConfig(environment())
if (read.kind === 'invalid') {
  console.error(read.problems.join('\n'))
  process.exit(2)
}
const { database } = read.config
const record = await openRecord({
  url: database.kind === 'postgres' ? database.url.reveal() : null,
  directory: database.kind === 'embedded' ? database.directory : '',
  onConnectionError: (error) => console.error(error.message),
})
let count = 0
for await (const { about, what, stored, recomputed } of verifyRecord(record.database)) {
  count += 1
  console.log(`${about}: ${what} is ${JSON.stringify(stored)}, and should be ${JSON.stringify(recomputed)}`)
}
console.log(count === 0 ? 'Everything adds up.' : `${count} differences.`)
await record.close()
process.exit(count === 0 ? 0 : 1)
