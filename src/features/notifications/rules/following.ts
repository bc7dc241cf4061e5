import type { Amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import { type Instant, later } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'

/** The part of an auction's state that notifications depend on. */
export interface ObservedAuction {
  readonly phase: string
  readonly currentPrice: Amount | null
  readonly leader: Person | null
  readonly endsAt: Instant
}

/** A notification to all bidders, sent in order of their ids, a few hundred at a time. */
export interface Broadcast {
  readonly kind: 'AUCTION_LOST' | 'AUCTION_ENDING' | 'AUCTION_CANCELLED'
  readonly price: Amount | null
  /** Of AUCTION_CANCELLED. */
  readonly reason?: string | undefined
  readonly except: UserId | null
  /** Only bidders whose first bidding command came after this many; null: all. */
  readonly beyond: number | null
  /** … and among the first this many; null: all. */
  readonly through: number | null
  /** The last bidder notified. */
  readonly after: UserId | null
}

/** A follower's progress through an auction's history, and the state it needs to continue. */
export interface Following {
  readonly leader: Person | null
  readonly price: Amount | null
  readonly endsAt: Instant
  /** When to notify bidders that the end is near; null if no such moment lies ahead. */
  readonly endingDueAt: Instant | null
  /** The end already announced, or too close to announce. */
  readonly endingToldFor: Instant | null
  /** Every bidder among this many first bidding commands has been notified of an end. */
  readonly endingToldThrough: number
  /** Finishes before any later entry is processed. */
  readonly broadcast: Broadcast | null
  readonly isOver: boolean
}

const ENDING_NOTICE_MS = 60_000

/** Starts following from `auction` as of `at`: earlier entries cause no notifications. */
export function beginFollowing(auction: ObservedAuction, at: Instant): Following {
  const { leader, currentPrice, endsAt } = auction
  const unseen: Following = {
    leader,
    price: currentPrice,
    endsAt,
    endingDueAt: null,
    endingToldFor: isTooLate(endsAt, at) ? endsAt : null,
    endingToldThrough: 0,
    broadcast: null,
    isOver: false,
  }
  return observe(unseen, auction, at)
}

/** An end moved to less than a minute from now is not announced. */
export function observe(state: Following, auction: ObservedAuction, at: Instant): Following {
  const { leader, currentPrice, endsAt, phase } = auction
  const isMoved = endsAt !== state.endsAt
  const endingToldFor = isMoved && isTooLate(endsAt, at) ? endsAt : state.endingToldFor
  const isAhead = phase === 'LIVE' && endsAt !== endingToldFor
  const endingDueAt = isAhead ? later(endsAt, -ENDING_NOTICE_MS) : null
  return { ...state, leader, price: currentPrice, endsAt, endingToldFor, endingDueAt }
}

/**
 * Starts the broadcast that the end is near, if due; else returns `state`. Each bidder is notified once: of a moved
 * end, only those who have bid since. `commands`: the number of bidding commands so far.
 */
export function announceEnding(state: Following, now: Instant, commands: number): Following {
  const { endingDueAt, endsAt, price, endingToldThrough } = state
  if (endingDueAt === null || now < endingDueAt || state.broadcast !== null) return state
  const announced: Following = { ...state, endingDueAt: null, endingToldFor: endsAt }
  if (now >= endsAt) return announced
  const broadcast: Broadcast = {
    ...{ kind: 'AUCTION_ENDING', price, except: null, after: null },
    beyond: endingToldThrough,
    through: commands,
  }
  return { ...announced, endingToldThrough: commands, broadcast }
}

function isTooLate(endsAt: Instant, at: Instant): boolean {
  return later(endsAt, -ENDING_NOTICE_MS) <= at
}
