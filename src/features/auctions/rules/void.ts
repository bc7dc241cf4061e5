import type { Rejected } from '../../../engine/kernel/decision.ts'
import { accept } from '../../../engine/kernel/decision.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { isOptionalText, optionalTextRule } from '../../../engine/kernel/text.ts'
import type { Wallets } from '../../wallets/rules/transfer.ts'
import type { BidId } from '../ids.ts'
import type { AuctionState, Bid } from './auction.ts'
import { leadersBid } from './bid.ts'
import type { BiddingCommand, BidHistory } from './bid-history.ts'
import type { AuctionDecision } from './context.ts'
import type { AuctionEvent } from './event.ts'
import { foldAuction } from './evolve.ts'
import { hasEnded } from './phase.ts'
import { type FundedRecomputation, recompute, recomputeFunded } from './recompute.ts'
import { reject } from './rejections.ts'
import { extension } from './soft-close.ts'
import type { VoidReason } from './void-reason.ts'

interface Voiding {
  readonly bidHistory: BidHistory
  readonly wallets: Wallets
  readonly now: Instant
}

const MAX_REASON_LENGTH = 1_000

/** What is voided of one bidder. */
interface Target {
  /** The bid that the entry names. */
  readonly named: Bid
  /** The first command that goes; all later ones of the bidder go with it. */
  readonly from: number
}

/**
 * Voids a bid with the command behind it and all later bids and commands of its bidder, and recomputes the auction
 * from the remaining commands. Every other valid bid that the recomputation does not yield is voided too.
 *
 * Events in the order of the entries: BidVoided, which shows the recomputed price and leader; the leader's automatic
 * bid, if none of theirs is at that price; AuctionExtended.
 */
export function decideVoid(
  state: AuctionState,
  { bidId, answerId, reason }: { readonly bidId: BidId; readonly answerId: BidId; readonly reason: string },
  voiding: Voiding,
): AuctionDecision {
  const refusal = refusedReason(reason)
  if (refusal !== undefined) return refusal
  const named = voiding.bidHistory.bids.find(({ id }) => id === bidId)
  if (named === undefined) return reject('NOT_FOUND', 'Bid not found.')
  const from =
    named.voidedAt === null ? firstBehind(named, state, voiding) : keptBehind(named, voiding.bidHistory)
  if (from === undefined) return accept([], { bid: null })
  return voidFrom(state, { named, from }, { answerId, reason }, voiding)
}

/** Voids all bids and commands of one bidder, as `decideVoid` does. Changes nothing if none of them counts. */
export function decideVoidOfBidder(
  state: AuctionState,
  given: { readonly bidderId: UserId; readonly answerId: BidId; readonly reason: string },
  voiding: Voiding,
): AuctionDecision {
  const refusal = refusedReason(given.reason)
  if (refusal !== undefined) return refusal
  const { bids, commands } = voiding.bidHistory
  const own = bids.filter(({ bidder }) => bidder.id === given.bidderId)
  const named = own.find(({ voidedAt }) => voidedAt === null) ?? own.at(-1)
  const counts = commands.some(({ bidder, voidedAt }) => bidder.id === given.bidderId && voidedAt === null)
  if (named === undefined || !counts) return accept([], { bid: null })
  return voidFrom(state, { named, from: 0 }, given, voiding)
}

function voidFrom(
  state: AuctionState,
  target: Target,
  { answerId, reason }: { readonly answerId: BidId; readonly reason: string },
  voiding: Voiding,
): AuctionDecision {
  const { now } = voiding
  if (hasEnded(state, now) || state.standing.phase === 'CANCELLED') {
    return reject('INVALID_TRANSITION', 'The auction has ended.')
  }
  const { sequences, voided, kept, result } = recomputeWithout(target, state, voiding)
  const bids = voided.map(({ bid: each, reason: voidReason }) => ({ ...each, voidedAt: now, voidReason }))
  const after = stateAfter(state, result.after, kept, bids.length)
  const commandsVoided = { type: 'CommandsVoided', sequences, bids, voidedAt: now, reason } as const
  if (bids.length === 0) {
    // Only maximums below the price went: everything visible stays as it is.
    return accept([{ ...commandsVoided, state: { ...after, standing: state.standing } }], { bid: null })
  }
  const bid = bids.find(({ id }) => id === target.named.id) ?? target.named
  const events: readonly AuctionEvent[] = [
    { ...commandsVoided, state: after },
    { type: 'BidVoided', bid, bids, reason },
    ...leadersBid(after, kept, answerId, now),
  ]
  return accept([...events, ...extension(foldAuction(state, events), now)], { bid: null })
}

/** The command that a standing bid rests on. */
function firstBehind(named: Bid, state: AuctionState, { bidHistory, now }: Voiding): number {
  const behind = recompute(state, countingOf(bidHistory), now).behind(standingOf(bidHistory))
  return behind.get(named) ?? bidHistory.commands.find(({ bidId }) => bidId === named.id)?.sequence ?? 0
}

/** The command that a voided bid rested on; undefined unless it still counts. */
function keptBehind(named: Bid, { bids, commands }: BidHistory): number | undefined {
  if (named.voidReason !== 'RECOMPUTED') return undefined
  const made = commands.find(({ bidId }) => bidId === named.id) ?? answeringCommand(named, { bids, commands })
  return made?.voidedAt === null ? made.sequence : undefined
}

/**
 * The command behind a leader's automatic bid: the last that counted of this bidder when the bid was placed. The command
 * of the challenge is that of the last bid before it that a command made for its own bidder.
 */
function answeringCommand(answer: Bid, { bids, commands }: BidHistory): BiddingCommand | undefined {
  const before = new Set(bids.filter(({ sequence }) => sequence < answer.sequence).map(({ id }) => id))
  const challenge = commands.findLast(({ bidId }) => bidId != null && before.has(bidId))
  return commands.findLast(
    ({ bidder, sequence, voidedAt }) =>
      bidder.id === answer.bidder.id &&
      sequence <= (challenge?.sequence ?? 0) &&
      (voidedAt === null || voidedAt >= answer.placedAt),
  )
}

function standingOf({ bids }: BidHistory): readonly Bid[] {
  return bids.filter(({ voidedAt }) => voidedAt === null)
}

function countingOf({ commands }: BidHistory): readonly BiddingCommand[] {
  return commands.filter(({ voidedAt }) => voidedAt === null)
}

function refusedReason(reason: string): Rejected | undefined {
  if (isOptionalText(reason, MAX_REASON_LENGTH)) return undefined
  const limit = `The reason must have ${optionalTextRule(MAX_REASON_LENGTH)}.`
  return reject('INVALID_INPUT', limit, { field: 'reason' })
}

interface Voided {
  readonly bid: Bid
  readonly reason: VoidReason
}

interface Remainder {
  /** The sequences of all voided commands. */
  readonly sequences: readonly number[]
  readonly voided: readonly Voided[]
  /** The bids that remain valid. */
  readonly kept: readonly Bid[]
  readonly result: FundedRecomputation
}

function recomputeWithout(
  { named, from }: Target,
  state: AuctionState,
  { bidHistory, wallets, now }: Voiding,
): Remainder {
  const counting = countingOf(bidHistory)
  const standing = standingOf(bidHistory)
  const behind = recompute(state, counting, now).behind(standing)
  const remaining = counting.filter(({ bidder, sequence }) => {
    return bidder.id !== named.bidder.id || sequence < from
  })
  const result = recomputeFunded(state, remaining, wallets, now)
  const behindThen = result.behind(standing)
  const reasonOf = (bid: Bid): VoidReason | null => {
    const command = behind.get(bid) ?? 0
    const isLater = bid.sequence >= named.sequence || command >= from
    if (bid.bidder.id === named.bidder.id && isLater) return 'MODERATED'
    if (behindThen.get(bid) !== undefined) return null
    return result.unfunded.has(command) ? 'UNFUNDED' : 'RECOMPUTED'
  }
  const judged = standing.map((bid) => ({ bid, reason: reasonOf(bid) }))
  const stillCounting = new Set(remaining.map(({ sequence }) => sequence))
  const counts = ({ sequence }: { readonly sequence: number }): boolean =>
    stillCounting.has(sequence) && !result.unfunded.has(sequence) && !result.refused.has(sequence)
  return {
    sequences: counting.flatMap((made) => (counts(made) ? [] : made.sequence)),
    voided: judged.flatMap(({ bid, reason }) => (reason === null ? [] : { bid, reason })),
    kept: judged.flatMap(({ bid, reason }) => (reason === null ? bid : [])),
    result,
  }
}

/** The recomputed state with the counts of the bids that remain valid; voided bids keep their numbers. */
function stateAfter(
  { standing: before, commandCount }: AuctionState,
  recomputed: AuctionState,
  kept: readonly Bid[],
  voidedCount: number,
): AuctionState {
  const { leader } = recomputed.standing
  const bidders = new Set(kept.map(({ bidder }) => bidder.id))
  if (leader !== null) bidders.add(leader.id)
  const counts = {
    bidCount: kept.length,
    voidedBidCount: (before.voidedBidCount ?? 0) + voidedCount,
    bidderCount: bidders.size,
  }
  return { ...recomputed, commandCount, bidders, standing: { ...recomputed.standing, ...counts } }
}
