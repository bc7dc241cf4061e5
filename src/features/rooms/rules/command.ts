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
      /** Of a TRADE room's amounts. */
      readonly currency?: string | undefined
      /** Omit for that of ISO 4217, and for 0 where the currency is outside it. */
      readonly currencyExponent?: number | undefined
      /** Omit for those who are exempt. */
      readonly quota?: RoomQuota | undefined
    }
  /** The room of the actor and `target`, whose `id` follows from the two: `directRoomId`. */
  | { readonly kind: 'open'; readonly id: RoomId; readonly target: Person }
  /** `undefined` leaves a member as it is; `null` takes an instant away. */
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
  /** `target` may be someone nobody has seen yet. */
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
  /** The server looks whether start or end is due. */
  | { readonly kind: 'applyDue' }

export interface RoomReply {
  readonly roomId: RoomId
}
