import {
  createDispatch,
  type DispatchOptions,
  type RunningDispatch,
} from '../../src/engine/commands/create-dispatch.ts'
import {
  migrateDatabase as migrate,
  type OpenDatabase,
  openDatabase as open,
} from '../../src/engine/storage/open-database.ts'
import { featureSet } from '../../src/features.ts'

/** All bundled features. */
export const FEATURES = featureSet()

type Open = Parameters<typeof open>[0]

/** Opens a database with the tables and rows of all features. */
export function openDatabase(options: Omit<Open, 'contents'>): Promise<OpenDatabase> {
  return open({ ...options, contents: FEATURES.contents })
}

export function migrateDatabase(options: Omit<Parameters<typeof migrate>[0], 'contents'>): Promise<void> {
  return migrate({ ...options, contents: FEATURES.contents })
}

/** The queues of all features. */
export function openDispatch(options: Omit<DispatchOptions, 'families' | 'hooks'>): RunningDispatch {
  return createDispatch({ ...options, families: FEATURES.families, hooks: FEATURES.hooks })
}
