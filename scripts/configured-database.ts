import { type OpenDatabase, openDatabase } from '../src/engine/storage/open-database.ts'
import { featureSet } from '../src/features.ts'
import { readConfig } from '../src/platform/config/config.ts'
import { environment } from '../src/platform/config/environment.ts'

/**
 * Opens the configured database: DATABASE_URL, or the embedded one in DATA_DIR while no server has it open. Exits with
 * 2 if the configuration is invalid.
 */
export function openConfiguredDatabase(): Promise<OpenDatabase> {
  const read = readConfig(environment())
  if (read.kind === 'invalid') {
    console.error(read.problems.join('\n'))
    process.exit(2)
  }
  const { database } = read.config
  return openDatabase({
    contents: featureSet().contents,
    url: database.kind === 'postgres' ? database.url.reveal() : null,
    directory: database.kind === 'embedded' ? database.directory : '',
    onConnectionError: (error) => console.error(error.message),
  })
}
