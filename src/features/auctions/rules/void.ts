import type { Rejected } from '../../../engine/kernel/decision.ts'
import { accept } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { isOptionalText, optionalTextRule } from '../../../engine/kernel/text.ts'
import type { Wallets } from '../../wallets/rules/transfer.ts'
import type { BidId } from '../ids.ts'
import type { AuctionState, Bid } from './auction.ts'
import { leadersBid } from './bid.ts'
import type { Past } from './bid-history.ts'
import type { AuctionDecision } from './context.ts'
import type { AuctionEvent } from './event.ts'
import { foldAuction } from './evolve.ts'
import { hasEnded } from './phase.ts'
import { type FundedRecomputation, recompute, recomputeFunded } from './recompute.ts'
import { reject } from './rejections.ts'
import { extension } from './soft-close.ts'
import type { VoidReason } from './void-reason.ts'

interface Voiding {
  readonly past: Past
  readonly wallets: Wallets
  readonly now: Instant
}

const MAX_REASON_LENGTH = 1_000

/**
 * Voids a bid with the command behind it and all later bids and commands of its bidder, and recomputes the auction from
 * the commands that remain. Every other standing bid that the recomputation does not yield is voided with it.
 *
 * Events in the order of the entries: BidVoided, which shows the recomputed price and leader; the leader's automatic
 * bid, where none of theirs stands at that price; AuctionExtended.
 */
export function decideVoid(
  state: AuctionState,
  { bidId, answerId, reason }: { readonly bidId: BidId; readonly answerId: BidId; readonly reason: string },
  { past, wallets, now }: Voiding,
): AuctionDecision {
  const refusal = refusedReason(reason)
  if (refusal !== undefined) return refusal
  const bid = past.bids.find(({ id }) => id === bidId)
  if (bid === undefined) return reject('NOT_FOUND', 'There is no such bid.')
  if (bid.voidedAt !== null) return accept([], { bid: null })
  if (hasEnded(state, now) || state.standing.phase === 'CANCELLED') {
    return reject('INVALID_TRANSITION', 'The auction is over.')
  }
  const { sequences, voided, kept, result } = recomputeWithout(bid, state, { past, wallets, now })
  const bids = voided.map(({ bid: each, reason: voidReason }) => ({ ...each, voidedAt: now, voidReason }))
  const after = stateAfter(state, result.after, kept, bids.length)
  const events: readonly AuctionEvent[] = [
    { type: 'CommandsVoided', sequences, bids, state: after, voidedAt: now, reason },
    { type: 'BidVoided', bid: { ...bid, voidedAt: now, voidReason: 'MODERATED' }, bids, reason },
    ...leadersBid(after, kept, answerId, now),
  ]
  return accept([...events, ...extension(foldAuction(state, events), now)], { bid: null })
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
  /** Of all commands that no longer count. */
  readonly sequences: readonly number[]
  readonly voided: readonly Voided[]
  /** The bids that still stand. */
  readonly kept: readonly Bid[]
  readonly result: FundedRecomputation
}

function recomputeWithout(named: Bid, state: AuctionState, { past, wallets, now }: Voiding): Remainder {
  const counting = past.commands.filter(({ voidedAt }) => voidedAt === null)
  const standing = past.bids.filter(({ voidedAt }) => voidedAt === null)
  const { behind } = recompute(state, counting, now)
  const from = behind(named) ?? 0
  const remaining = counting.filter(({ bidder, sequence }) => {
    return bidder.id !== named.bidder.id || sequence < from
  })
  const result = recomputeFunded(state, remaining, wallets, now)
  const reasonOf = (bid: Bid): VoidReason | null => {
    const command = behind(bid) ?? 0
    const isLater = bid.sequence >= named.sequence || command >= from
    if (bid.bidder.id === named.bidder.id && isLater) return 'MODERATED'
    if (result.behind(bid) !== undefined) return null
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

/** The recomputed state with the counts of the bids that really stand; bids that were voided keep their numbers. */
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
