import { openConfiguredDatabase } from './configured-database.ts'

// Gives every topic of DATABASE_URL, or of the embedded database in DATA_DIR while no server has it open, a new epoch:
// run it after a restore that the server cannot notice by itself. Running nodes notice within a second; every reader then
// starts over with a snapshot that says so.
const record = await openConfiguredDatabase()
const count = await record.renewEpochs()
console.log(`Renewed the epochs of ${count} topics.`)
await record.close()
process.exit(0)
