import type { Amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import { type Instant, later } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'

/** What an auction's entries show of it, as far as anybody is told. */
export interface ObservedAuction {
  readonly phase: string
  readonly currentPrice: Amount | null
  readonly leader: Person | null
  readonly endsAt: Instant
}

/** What all bidders are to be told, in order of their ids: however many there are, a few hundred at a time. */
export interface Broadcast {
  readonly kind: 'AUCTION_LOST' | 'AUCTION_ENDING' | 'AUCTION_CANCELLED'
  readonly price: Amount | null
  /** Of AUCTION_CANCELLED. */
  readonly reason?: string | undefined
  readonly except: UserId | null
  /** Only those whose first bidding command came after so many; null: all. */
  readonly beyond: number | null
  /** … and among the first so many; null: all. */
  readonly through: number | null
  /** The last one told. */
  readonly after: UserId | null
}

/** How far the consequences of an auction's history were drawn, and what drawing the next ones needs to know. */
export interface Following {
  readonly leader: Person | null
  readonly price: Amount | null
  readonly endsAt: Instant
  /** When the bidders are to be told that the end is near; null while there is no such moment ahead. */
  readonly endingDueAt: Instant | null
  /** The end that they were told of, or that it is too late to tell of. */
  readonly endingToldFor: Instant | null
  /** Among so many first bidding commands, every bidder was told of an end. */
  readonly endingToldThrough: number
  /** Goes before all that comes later. */
  readonly broadcast: Broadcast | null
  readonly isOver: boolean
}

const ENDING_NOTICE_MS = 60_000

/** From `sight` on, as it is at `at`: what came before has no consequences. */
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

/** An end that is moved to less than a minute from now is not told of any more. */
export function observe(state: Following, auction: ObservedAuction, at: Instant): Following {
  const { leader, currentPrice, endsAt, phase } = auction
  const isMoved = endsAt !== state.endsAt
  const endingToldFor = isMoved && isTooLate(endsAt, at) ? endsAt : state.endingToldFor
  const isAhead = phase === 'LIVE' && endsAt !== endingToldFor
  const endingDueAt = isAhead ? later(endsAt, -ENDING_NOTICE_MS) : null
  return { ...state, leader, price: currentPrice, endsAt, endingToldFor, endingDueAt }
}

/**
 * The state that tells the bidders of the end, where that is due; else `state`. Each is told once: of an end that was
 * moved, only who has bid since. `commands`: how many bidding commands there were.
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
