import type { Dispatch } from '../engine/commands/dispatch.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import type { Person } from '../engine/kernel/person.ts'
import type { Presence } from '../engine/presence/presence.ts'
import { createServiceRegistry, type ServiceParts } from '../engine/service.ts'
import type { RoomQuota } from '../features/rooms/rules/quota.ts'
import type { Rates } from '../platform/limits/rates.ts'
import { createReadGates, type ReadGates } from './read-gates.ts'

/** Quotas of an ordinary user, across all nodes. */
export interface Quotas {
  readonly rooms: RoomQuota
  /** Open auctions in all rooms of one owner. */
  readonly openAuctions: number
  /** Users contacted unasked: added as members, or mentioned. */
  readonly contacts: Rates
  readonly directRooms: Rates
}

/** The dependencies of resolvers: the same for every caller of a node. */
export interface Services extends ServiceParts {
  readonly dispatch: Dispatch
  readonly gates: ReadGates
  /** Stores the user and name soon, batched with others. */
  seeUser(user: Person): void
  /** Resolves once all users seen here so far are stored. */
  settleUsers(): Promise<void>
  readonly presence: Presence
  /** The rate limit of mutations. */
  readonly rates: Rates
  readonly quotas: Quotas
  /** Identifies this node. */
  readonly node: string
  readonly version: string
  /** This node's clock: for display and tickers, never for decisions. */
  now(): Instant
}

export function createServices(parts: Omit<Services, 'get' | 'gates'>): Services {
  const { get } = createServiceRegistry(parts.database)
  return { ...parts, get, gates: createReadGates() }
}
