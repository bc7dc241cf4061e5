import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { BidId } from '../../auctions/ids.ts'
import type { VoidReason } from '../../auctions/rules/void-reason.ts'
import { type Broadcast, type Following, type ObservedAuction, observe } from './following.ts'

/** An entry of an auction's history. */
export interface AuctionEntry {
  readonly offset: Offset
  readonly at: Instant
  readonly type: string
  /** The user who sent the command. */
  readonly actorId: UserId | null
  readonly data: {
    readonly standing: ObservedAuction
    /** BidPlaced; BidVoided: the bid that was named. */
    readonly bid?: VoidedBid
    /** BidVoided. */
    readonly bids?: readonly VoidedBid[]
    /** AuctionCancelled, BidVoided. */
    readonly reason?: string
    /** AuctionSold. */
    readonly winner?: { readonly user: Person; readonly price: Amount }
  }
}

/** One bid of a BidVoided entry. */
export interface VoidedBid {
  readonly id: BidId
  readonly bidder: Person
  readonly amount: Amount
  readonly kind: string
  readonly voidReason: VoidReason | null
}

/** A notification to send to a bidder; `price` is the auction's current one. */
export type NotificationRequest = { readonly userId: UserId; readonly price: Amount | null } & (
  | { readonly kind: 'OUTBID' | 'LEADING' | 'AUCTION_WON' | 'AUCTION_LOST' | 'AUCTION_ENDING' }
  | { readonly kind: 'AUCTION_CANCELLED'; readonly reason: string }
  | ({ readonly kind: 'BID_VOIDED'; readonly reason: string } & VoidedBids)
)

/** All bids of one bidder that one command voided. */
export interface VoidedBids {
  /** In order of acceptance; at least one. */
  readonly bidIds: readonly BidId[]
  /** The highest of them. */
  readonly amount: Amount
  readonly voidReason: VoidReason
}

export interface Consequences {
  readonly requests: readonly NotificationRequest[]
  readonly after: Following
  /** The last entry processed; undefined if none was. */
  readonly through: Offset | undefined
}

/**
 * The notifications that follow from `entries`, which come right after those that `state` includes. A leader who is
 * beaten gets OUTBID, once per loss; if a challenger is answered at once, only the challenger does. `isCut`: more
 * entries of the last one's command may follow, so it is left for the next round where that matters. Stops after an
 * entry that notifies all bidders, and while such a broadcast is running.
 */
export function consequencesOf(
  state: Following,
  entries: readonly AuctionEntry[],
  isCut: boolean,
): Consequences {
  const requests: NotificationRequest[] = []
  let after = state
  let through: Offset | undefined
  for (const [index, entry] of entries.entries()) {
    if (after.broadcast !== null || after.isOver) break
    const next = entries[index + 1]
    if (isCut && next === undefined && entry.type === 'BidPlaced') break
    requests.push(...requestsOf(after, entry, next))
    after = ending(observe(after, entry.data.standing, entry.at), entry)
    through = entry.offset
  }
  return { requests, after, through }
}

function requestsOf(
  { leader }: Following,
  { type, data }: AuctionEntry,
  next: AuctionEntry | undefined,
): readonly NotificationRequest[] {
  const { bid, winner, standing } = data
  if (type === 'BidVoided') return requestsOfVoid(leader, data)
  if (type === 'AuctionSold' && winner !== undefined) {
    return [{ kind: 'AUCTION_WON', userId: winner.user.id, price: winner.price }]
  }
  if (type !== 'BidPlaced' || bid === undefined || leader === null) return []
  if (leader.id === bid.bidder.id || isAnswerOf(leader, next)) return []
  return [{ kind: 'OUTBID', userId: leader.id, price: standing.currentPrice }]
}

/**
 * Notifies bidders whose bids were voided, and the new leader. A bidder whose automatic bid was recomputed loses
 * nothing: the maximum behind it still counts.
 */
function requestsOfVoid(leader: Person | null, data: AuctionEntry['data']): readonly NotificationRequest[] {
  const { bid, bids = [], reason = '', standing } = data
  const price = standing.currentPrice
  const lost = bids.filter(({ voidReason, kind }) => voidReason !== 'RECOMPUTED' || kind !== 'PROXY')
  // A named bid that is not among them was voided before; now the maximum behind it went. Old entries list no bids.
  const isNew = bid === undefined || bids.length === 0 || bids.some(({ id }) => id === bid.id)
  const before: readonly VoidedBid[] = isNew ? [] : [{ ...bid, voidReason: 'MODERATED' }]
  const byBidder = Map.groupBy([...before, ...lost], ({ bidder }) => bidder.id)
  const voided = [...byBidder].map(([userId, own]): NotificationRequest => {
    const bidIds = own.map(({ id }) => id)
    const highest = amount(Math.max(...own.map((each) => each.amount)))
    const voidReason = own.at(-1)?.voidReason ?? 'MODERATED'
    return { kind: 'BID_VOIDED', userId, price, reason, bidIds, amount: highest, voidReason }
  })
  const leads = standing.leader
  if (leads === null || leads.id === leader?.id) return voided
  return [...voided, { kind: 'LEADING', userId: leads.id, price }]
}

/** An answer is a bid made by another user's command. */
function isAnswerOf(leader: Person, next: AuctionEntry | undefined): boolean {
  if (next === undefined || next.type !== 'BidPlaced') return false
  const bidderId = next.data.bid?.bidder.id
  return bidderId === leader.id && next.actorId !== bidderId
}

function ending(state: Following, { type, data }: AuctionEntry): Following {
  const toAll = { price: data.standing.currentPrice, beyond: null, through: null, after: null }
  const end = (broadcast: Broadcast): Following => ({ ...state, broadcast, isOver: true })
  switch (type) {
    case 'AuctionCancelled':
      return end({ ...toAll, kind: 'AUCTION_CANCELLED', reason: data.reason ?? '', except: null })
    case 'AuctionSold':
    case 'AuctionUnsold':
      return end({ ...toAll, kind: 'AUCTION_LOST', except: data.winner?.user.id ?? null })
    default:
      return state
  }
}
