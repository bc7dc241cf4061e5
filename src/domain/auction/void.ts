import { asBidId, type BidId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import { isOptionalText, optionalTextRule } from '../../kernel/text.ts'
import { accept, reject } from '../decision.ts'
import type { Person } from '../person.ts'
import type { Wallets } from '../wallet/transfer.ts'
import type { AuctionState } from './auction.ts'
import { bidsOf } from './bid.ts'
import type { AuctionDecision } from './context.ts'
import type { AuctionEvent } from './event.ts'
import { foldAuction } from './evolve.ts'
import { fundsFor } from './money.ts'
import type { Past, PastCommand } from './past.ts'
import { hasEnded } from './phase.ts'
import { contestOf, leastOffer } from './price.ts'

interface Voiding {
  readonly past: Past
  readonly wallets: Wallets
  readonly now: Instant
}

const MAX_REASON_LENGTH = 1_000

/** Strikes the command behind a bid, and all later ones of the same bidder. */
export function decideVoid(
  state: AuctionState,
  { bidId, reason }: { readonly bidId: BidId; readonly reason: string },
  { past, wallets, now }: Voiding,
): AuctionDecision {
  if (!isOptionalText(reason, MAX_REASON_LENGTH)) {
    const limit = `The reason must have ${optionalTextRule(MAX_REASON_LENGTH)}.`
    return reject('INVALID_INPUT', limit, { field: 'reason' })
  }
  const bid = past.bids.find(({ id }) => id === bidId)
  if (bid === undefined) return reject('NOT_FOUND', 'There is no such bid.')
  if (bid.voidedAt !== null) return accept([], { bid: null })
  if (hasEnded(state, now) || state.standing.phase === 'CANCELLED') {
    return reject('INVALID_TRANSITION', 'The auction is over.')
  }
  const behind = commandsBehind(past)
  const from = behind.get(bid.id) ?? 0
  const isStruck = (bidder: Person, sequence: number): boolean =>
    bidder.id === bid.bidder.id && sequence >= from
  const bids = past.bids.filter(({ id, bidder, voidedAt }) => {
    return voidedAt === null && isStruck(bidder, behind.get(id) ?? 0)
  })
  const counting = past.commands.filter(({ struckAt }) => struckAt === null)
  const remaining = counting.filter(({ bidder, sequence }) => !isStruck(bidder, sequence))
  const { after, standing } = replayed(state, remaining, bids.length, wallets, now)
  const struck: AuctionEvent = {
    type: 'CommandsStruck',
    sequences: counting.flatMap(({ sequence }) => (standing.has(sequence) ? [] : sequence)),
    bidIds: bids.map(({ id }) => id),
    state: after,
    voidedAt: now,
    reason,
  }
  return accept([struck, { type: 'BidVoided', bid: { ...bid, voidedAt: now }, reason }], { bid: null })
}

/**
 * For each visible bid the sequence of its bidder's command that it rests on: the one that made it, or for an answer the
 * bidder's last one before the challenge that counted then. The challenge's bid stands right before its answer.
 */
function commandsBehind({ commands, bids }: Past): ReadonlyMap<BidId, number> {
  const makers = new Map(commands.map(({ bidId, sequence }) => [bidId, sequence]))
  const own = Map.groupBy(commands, ({ bidder }) => bidder.id)
  const behind = new Map<BidId, number>()
  let maker = 0
  for (const { id, bidder, placedAt } of bids) {
    maker = makers.get(id) ?? maker
    const last = own.get(bidder.id)?.findLast(({ sequence, struckAt }) => {
      return sequence <= maker && (struckAt === null || struckAt >= placedAt)
    })
    behind.set(id, last?.sequence ?? maker)
  }
  return behind
}

/**
 * The state that `commands` alone would have given, and the sequences of those that count in it. Those that cannot be
 * funded now, or that the rules would not take any more, are passed over for good.
 */
function replayed(
  state: AuctionState,
  commands: readonly PastCommand[],
  voided: number,
  wallets: Wallets,
  now: Instant,
): { readonly after: AuctionState; readonly standing: ReadonlySet<number> } {
  const { terms, standing, commandCount } = state
  const nothing = { currentPrice: null, leader: null, bidCount: 0, bidderCount: 0 }
  const counting = new Set<number>()
  let after: AuctionState = {
    ...state,
    standing: { ...standing, ...nothing, reserveMet: terms.reservePrice === null },
    leading: null,
    bidders: new Set(),
  }
  for (const { sequence, bidder, offer } of commands) {
    if (offer.value < leastOffer(after, bidder.id, offer)) continue
    const contest = contestOf(after, bidder.id, offer)
    const isHeld = terms.funded && contest.kind !== 'answered'
    if (isHeld && contest.ceiling > fundsFor(state, bidder.id, wallets)) continue
    const own = asBidId(`replay_${sequence}`)
    const given = { bidder, offer, bidId: own, answerId: own, now }
    after = { ...after, commandCount: sequence - 1 }
    after = foldAuction(after, bidsOf(after, contest, given).placed)
    counting.add(sequence)
  }
  const counts = {
    bidCount: standing.bidCount - voided,
    voidedBidCount: (standing.voidedBidCount ?? 0) + voided,
  }
  const counted = { ...after, commandCount, standing: { ...after.standing, ...counts } }
  return { after: counted, standing: counting }
}
