import { migrateDatabase } from '../src/engine/storage/open-database.ts'
import { featureSet } from '../src/features.ts'
import { readMigration } from '../src/platform/config/database.ts'
import { environment } from '../src/platform/config/environment.ts'

// Migrates the database and exits: MIGRATION_DATABASE_URL if set, else DATABASE_URL, else the embedded database in
// DATA_DIR while no server has it open. Exits with 1 on failure, with 2 if the variables are invalid.
const read = readMigration(environment())
if (read.kind === 'invalid') {
  console.error(read.problems.join('\n'))
  process.exit(2)
}
const { database } = read
try {
  await migrateDatabase({
    contents: featureSet().contents,
    url: database.kind === 'postgres' ? database.url.reveal() : null,
    directory: database.kind === 'embedded' ? database.directory : '',
    onMigrationWait: () => console.log('Another process is migrating this database. Waiting for it.'),
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
console.log('The database is up to date.')
