import type { Dispatch } from '../engine/commands/dispatch.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import type { Person } from '../engine/kernel/person.ts'
import type { Presence } from '../engine/presence/presence.ts'
import { createServiceRegistry, type ServiceParts } from '../engine/service.ts'
import type { RoomQuota } from '../features/rooms/rules/quota.ts'
import type { Rates } from '../platform/limits/rates.ts'
import { createReadGates, type ReadGates } from './read-gates.ts'

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
export interface Services extends ServiceParts {
  readonly dispatch: Dispatch
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

export function createServices(parts: Omit<Services, 'get' | 'gates'>): Services {
  const { get } = createServiceRegistry(parts.database)
  return { ...parts, get, gates: createReadGates() }
}
