import type { Amount } from '../../kernel/amount.ts'
import type { UserId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Offset } from '../../kernel/position.ts'
import type { Person } from '../person.ts'
import { type AuctionSight, type Broadcast, type Following, withSight } from './following.ts'

/** An entry of an auction's history. */
export interface AuctionEntry {
  readonly offset: Offset
  readonly at: Instant
  readonly type: string
  /** Who gave the command. */
  readonly actorId: UserId | null
  readonly data: {
    readonly standing: AuctionSight
    /** BidPlaced. */
    readonly bid?: { readonly bidder: Person }
    /** AuctionSold. */
    readonly winner?: { readonly user: Person; readonly price: Amount }
  }
}

/** One user is told something. */
export interface Telling {
  readonly kind: 'OUTBID' | 'AUCTION_WON' | Broadcast['kind']
  readonly userId: UserId
  readonly price: Amount | null
}

export interface Consequences {
  readonly tellings: readonly Telling[]
  readonly after: Following
  /** The last entry whose consequences these are; undefined where none was taken. */
  readonly through: Offset | undefined
}

/**
 * What follows from `entries`, which come right after those that `state` knows. Whoever leads and is beaten is told
 * OUTBID, once for each loss; of a challenger who is answered at once, only the challenger. `isCut`: there may be more
 * entries of the last one's command, so that it is left for the next time where that matters. Takes no entry after one
 * that all bidders are told of, nor while they are being told.
 */
export function consequencesOf(
  state: Following,
  entries: readonly AuctionEntry[],
  isCut: boolean,
): Consequences {
  const tellings: Telling[] = []
  let after = state
  let through: Offset | undefined
  for (const [index, entry] of entries.entries()) {
    if (after.broadcast !== null || after.isOver) break
    const next = entries[index + 1]
    if (isCut && next === undefined && entry.type === 'BidPlaced') break
    tellings.push(...tellingsOf(after, entry, next))
    after = ending(withSight(after, entry.data.standing, entry.at), entry)
    through = entry.offset
  }
  return { tellings, after, through }
}

function tellingsOf(
  { leader }: Following,
  { type, data }: AuctionEntry,
  next: AuctionEntry | undefined,
): readonly Telling[] {
  const { bid, winner, standing } = data
  if (type === 'AuctionSold' && winner !== undefined) {
    return [{ kind: 'AUCTION_WON', userId: winner.user.id, price: winner.price }]
  }
  if (type !== 'BidPlaced' || bid === undefined || leader === null) return []
  if (leader.id === bid.bidder.id || isAnswerOf(leader, next)) return []
  return [{ kind: 'OUTBID', userId: leader.id, price: standing.currentPrice }]
}

/** An answer is a bid that another's command made. */
function isAnswerOf(leader: Person, next: AuctionEntry | undefined): boolean {
  if (next === undefined || next.type !== 'BidPlaced') return false
  const bidderId = next.data.bid?.bidder.id
  return bidderId === leader.id && next.actorId !== bidderId
}

function ending(state: Following, { type, data }: AuctionEntry): Following {
  if (type === 'AuctionCancelled') return { ...state, isOver: true }
  if (type !== 'AuctionSold' && type !== 'AuctionUnsold') return state
  const broadcast: Broadcast = {
    ...{ kind: 'AUCTION_LOST', price: data.standing.currentPrice, except: data.winner?.user.id ?? null },
    ...{ beyond: null, through: null, after: null },
  }
  return { ...state, broadcast, isOver: true }
}
