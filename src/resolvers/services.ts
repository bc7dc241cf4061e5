import type { Dispatch } from '../command/dispatch.ts'
import type { Person } from '../domain/person.ts'
import type { RoomQuota } from '../domain/quota.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Rates } from '../limits/rates.ts'
import type { Database } from '../log/database.ts'
import type { Presence } from '../presence/presence.ts'
import { createSharedReads, type SharedReads } from './batched-reads.ts'
import { createReadGates, type ReadGates } from './read-gates.ts'
import { createSources, type Sources } from './sources/sources.ts'

/** What an ordinary user may have and do, on all nodes together. */
export interface Quotas {
  readonly rooms: RoomQuota
  /** Auctions that are not over, in all rooms of one owner. */
  readonly openAuctions: number
  /** People reached unasked: members added, and people mentioned. */
  readonly contacts: Rates
  readonly directRooms: Rates
}

/** What resolvers work with: the same for every caller of a node. */
export interface Services {
  readonly dispatch: Dispatch
  readonly database: Database
  readonly sources: Sources
  readonly reads: SharedReads
  readonly gates: ReadGates
  /** Writes down that there is such a user, and the name: soon, with others. */
  seeUser(user: Person): void
  /** Resolves when whoever was seen here up to now is written down. */
  settleUsers(): Promise<void>
  readonly presence: Presence
  /** Of mutations. */
  readonly rates: Rates
  readonly quotas: Quotas
  /** Identifies this node. */
  readonly node: string
  readonly version: string
  /** This node's clock: for showing and for ticking, never for deciding. */
  now(): Instant
}

export function createServices(parts: Omit<Services, 'sources' | 'reads' | 'gates'>): Services {
  const { database } = parts
  const reads = createSharedReads(database)
  return { ...parts, sources: createSources(database, reads), reads, gates: createReadGates() }
}
