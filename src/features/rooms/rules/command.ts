import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../ids.ts'
import type { RoomQuota } from './quota.ts'
import type { MemberRole, RankingMethod, RoomKind, RoomVisibility, TradeDisclosure } from './room.ts'

export type RoomCommand =
  | {
      readonly kind: 'create'
      readonly id: RoomId
      readonly name: string
      readonly roomKind: RoomKind
      readonly visibility: RoomVisibility
      readonly startsAt: Instant | null
      readonly endsAt: Instant | null
      readonly ranking: RankingMethod
      readonly disclosure: TradeDisclosure
      /** The currency of a TRADE room's amounts. */
      readonly currency?: string | undefined
      /** Omit for the exponent of ISO 4217, or 0 for currencies outside it. */
      readonly currencyExponent?: number | undefined
      /** Omit for exempt users. */
      readonly quota?: RoomQuota | undefined
    }
  /** The direct room of the actor and `target`; its `id` is derived from both: `directRoomId`. */
  | { readonly kind: 'open'; readonly id: RoomId; readonly target: Person }
  /** `undefined` leaves a field unchanged; `null` clears an instant. */
  | {
      readonly kind: 'update'
      readonly name?: string | undefined
      readonly visibility?: RoomVisibility | undefined
      readonly startsAt?: Instant | null | undefined
      readonly endsAt?: Instant | null | undefined
    }
  | { readonly kind: 'start' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'end' }
  | { readonly kind: 'join' }
  | { readonly kind: 'leave' }
  /** `target` may be a user who has never signed in. */
  | { readonly kind: 'add'; readonly target: Person; readonly role: MemberRole }
  /** `isKnown`: anybody has seen the target before. */
  | {
      readonly kind: 'remove'
      readonly target: Person
      readonly isKnown: boolean
      readonly reason: string | null
    }
  /** `until` null: until further notice; a past instant unmutes. */
  | { readonly kind: 'mute'; readonly target: Person; readonly until: Instant | null }
  /** Sent by the server to apply a start or end that is due. */
  | { readonly kind: 'applyDue' }

export interface RoomReply {
  readonly roomId: RoomId
}
