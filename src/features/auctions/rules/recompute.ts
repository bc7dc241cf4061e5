import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Wallets } from '../../wallets/rules/transfer.ts'
import { asBidId } from '../ids.ts'
import type { AuctionState, Bid } from './auction.ts'
import { bidsOf } from './bid.ts'
import type { BiddingCommand } from './bid-history.ts'
import { foldAuction } from './evolve.ts'
import { fundsFor } from './money.ts'
import { contestOf, isTooLow } from './price.ts'

type Made = Pick<Bid, 'bidder' | 'amount'>

/** The result of replaying commands in their order of acceptance. */
export interface Recomputation {
  readonly after: AuctionState
  /**
   * The sequence of the command that each of `bids` rests on; undefined if the replay yields no such bid. Give all
   * standing bids in order: of equal bids of one bidder, the first is the first that the replay yields.
   */
  readonly behind: <B extends Made>(bids: readonly B[]) => ReadonlyMap<B, number | undefined>
  /** Sequences of the commands that the rules would now reject. */
  readonly refused: ReadonlySet<number>
}

/** Ignores money: only the final leader must be able to pay. */
export function recompute(
  state: AuctionState,
  commands: readonly BiddingCommand[],
  now: Instant,
): Recomputation {
  const refused = new Set<number>()
  const yielded = new Map<string, number[]>()
  let after = beginning(state, commands)
  for (const { sequence, bidder, offer } of commands) {
    if (isTooLow(after, bidder.id, offer)) {
      refused.add(sequence)
      continue
    }
    const contest = contestOf(after, bidder.id, offer)
    const own = asBidId(`replay_${sequence}`)
    after = { ...after, commandCount: sequence - 1 }
    const { visible, placed } = bidsOf(after, contest, { bidder, offer, bidId: own, answerId: own, now })
    for (const bid of visible) {
      const isOwn = bid.bidder.id === bidder.id
      const behind = isOwn ? sequence : (after.leading?.sequence ?? sequence)
      yielded.set(keyOf(bid), [...(yielded.get(keyOf(bid)) ?? []), behind])
    }
    after = foldAuction(after, placed)
  }
  return { after, refused, behind: (bids) => matched(bids, yielded) }
}

/**
 * Earlier versions accepted bids equal to the price at the largest amount, so that a bidder may have several of one
 * amount.
 */
function matched<B extends Made>(
  bids: readonly B[],
  yielded: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<B, number | undefined> {
  const seen = new Map<string, number>()
  return new Map(
    bids.map((bid) => {
      const key = keyOf(bid)
      const index = seen.get(key) ?? 0
      seen.set(key, index + 1)
      return [bid, yielded.get(key)?.[index]]
    }),
  )
}

/** A recomputation whose leader can pay, and the sequences of the commands dropped to get there. */
export interface FundedRecomputation extends Recomputation {
  readonly unfunded: ReadonlySet<number>
}

/**
 * In a funded auction, a leader who cannot pay loses the commands that exceed their balance; then the next bidder
 * leads.
 */
export function recomputeFunded(
  state: AuctionState,
  commands: readonly BiddingCommand[],
  wallets: Wallets,
  now: Instant,
): FundedRecomputation {
  const unfunded = new Set<number>()
  const fundsOf = (bidder: UserId): number => fundsFor(state, bidder, wallets)
  for (;;) {
    const remaining = commands.filter(({ sequence }) => !unfunded.has(sequence))
    const found = state.terms.funded ? unfundedLeaders(remaining, fundsOf) : []
    for (const sequence of found) unfunded.add(sequence)
    const result = recompute(
      state,
      remaining.filter(({ sequence }) => !unfunded.has(sequence)),
      now,
    )
    const { leading } = result.after
    if (!state.terms.funded || leading === null) return { ...result, unfunded }
    const { bidder, maximum } = leading
    const funds = fundsOf(bidder.id)
    if (maximum <= funds) return { ...result, unfunded }
    for (const made of remaining) {
      if (made.bidder.id === bidder.id && made.offer.value > funds) unfunded.add(made.sequence)
    }
  }
}

/**
 * The commands that leaders cannot pay, one leader after another. The bidder with the highest maximum leads, so
 * finding each needs no replay. Equal maximums are left to the replay.
 */
function unfundedLeaders(
  commands: readonly BiddingCommand[],
  fundsOf: (bidder: UserId) => number,
): readonly number[] {
  const highest = ([, made]: readonly [UserId, readonly BiddingCommand[]]): number =>
    made.reduce((most, { offer }) => Math.max(most, offer.value), 0)
  const byBidder = [...Map.groupBy(commands, ({ bidder }) => bidder.id)]
    .map((entry) => ({ bidder: entry[0], made: entry[1], most: highest(entry) }))
    .sort((one, other) => other.most - one.most)
  const found: number[] = []
  let leads = 0
  for (const { bidder, made, most } of byBidder) {
    const funds = fundsOf(bidder)
    if (most <= leads || most <= funds) break
    for (const { sequence, offer } of made) {
      if (offer.value > funds) found.push(sequence)
      else leads = Math.max(leads, offer.value)
    }
  }
  return found
}

/** The current auction reset to before the first of `commands`; all their bidders are already known. */
function beginning(
  { terms, standing, ...state }: AuctionState,
  commands: readonly BiddingCommand[],
): AuctionState {
  const nothing = { currentPrice: null, leader: null, bidCount: 0, bidderCount: 0 }
  return {
    ...state,
    terms,
    standing: { ...standing, ...nothing, reserveMet: terms.reservePrice === null },
    leading: null,
    bidders: new Set(commands.map(({ bidder }) => bidder.id)),
  }
}

function keyOf({ bidder, amount }: Made): string {
  return `${amount} ${bidder.id}`
}
