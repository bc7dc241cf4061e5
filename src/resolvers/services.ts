import type { Dispatch } from '../command/dispatch.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Database } from '../log/database.ts'
import { createSources, type Sources } from './sources/sources.ts'

/** What resolvers work with: the same for every caller of a node. */
export interface Services {
  readonly dispatch: Dispatch
  readonly database: Database
  readonly sources: Sources
  /** Identifies this node. */
  readonly node: string
  readonly version: string
  /** This node's clock: for showing and for ticking, never for deciding. */
  now(): Instant
}

export function createServices(parts: Omit<Services, 'sources'>): Services {
  return { ...parts, sources: createSources(parts.database) }
}
