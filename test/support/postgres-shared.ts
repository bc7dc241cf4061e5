import { inject } from 'vitest'
import { createDatabase } from './postgres-databases.ts'

/** The address of a new, empty database on this run's PostgreSQL. It's gone when the run is over. */
export function freshDatabase(): Promise<string> {
  return createDatabase(inject('postgresUrl'), inject('databasePrefix'))
}
