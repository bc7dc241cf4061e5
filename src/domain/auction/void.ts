import { asBidId, type BidId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import { isStorable, lengthOf } from '../../kernel/text.ts'
import { accept, reject } from '../decision.ts'
import type { Wallets } from '../wallet/transfer.ts'
import type { AuctionState, Bid } from './auction.ts'
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
  if (!isStorable(reason) || lengthOf(reason) > MAX_REASON_LENGTH) {
    const limit = `The reason must have at most ${MAX_REASON_LENGTH} characters, none of them NUL.`
    return reject('INVALID_INPUT', limit, { field: 'reason' })
  }
  const bid = past.bids.find(({ id }) => id === bidId)
  if (bid === undefined) return reject('NOT_FOUND', 'There is no such bid.')
  if (bid.voidedAt !== null) return accept([], { bid: null })
  if (hasEnded(state, now) || state.standing.phase === 'CANCELLED') {
    return reject('INVALID_TRANSITION', 'The auction is over.')
  }
  const from = commandBehind(past, bid)
  const isStruck = (made: Pick<PastCommand, 'bidder' | 'sequence'>): boolean =>
    made.bidder.id === bid.bidder.id && made.sequence >= from
  const bids = past.bids.filter((each) => {
    if (each.voidedAt !== null) return false
    return each === bid || isStruck({ bidder: each.bidder, sequence: madeAt(past, each) })
  })
  const remaining = past.commands.filter((command) => !isStruck(command))
  const { after, standing } = replayed(state, remaining, bids.length, wallets, now)
  const struck: AuctionEvent = {
    type: 'CommandsStruck',
    sequences: past.commands.flatMap(({ sequence }) => (standing.has(sequence) ? [] : sequence)),
    bidIds: bids.map(({ id }) => id),
    state: after,
    voidedAt: now,
    reason,
  }
  return accept([struck, { type: 'BidVoided', bid: { ...bid, voidedAt: now }, reason }], { bid: null })
}

/** The sequence of the bidder's command that `bid` rests on: the one that made it, or the one it answers for. */
function commandBehind(past: Past, bid: Bid): number {
  const own = past.commands.find(({ bidId }) => bidId === bid.id)
  if (own !== undefined) return own.sequence
  const challenged = madeAt(past, bid)
  const behind = past.commands.findLast(({ bidder, sequence }) => {
    return bidder.id === bid.bidder.id && sequence <= challenged
  })
  // Its own was passed over when another bid was voided: only what came later is left to strike.
  return behind?.sequence ?? challenged + 1
}

/**
 * When `bid` was made, by the sequence of commands: an answer stands right behind its challenge. The challenge may have
 * been struck since: then its answer was made after the last command before it that stands.
 */
function madeAt(past: Past, bid: Bid): number {
  const made = past.bids.slice(0, past.bids.indexOf(bid) + 1).map(({ id }) => id)
  for (const id of made.reverse()) {
    const command = past.commands.find(({ bidId }) => bidId === id)
    if (command !== undefined) return command.sequence
  }
  return 0
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
