import { inject } from 'vitest'
import { createDatabase } from './postgres-databases.ts'

/** The URL of a new, empty database on this run's PostgreSQL. It is dropped at the end of the run. */
export function freshDatabase(): Promise<string> {
  return createDatabase(inject('postgresUrl'), inject('databasePrefix'))
}
