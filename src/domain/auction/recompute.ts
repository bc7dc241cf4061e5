import { asBidId, type UserId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Wallets } from '../wallet/transfer.ts'
import type { AuctionState, Bid } from './auction.ts'
import { bidsOf } from './bid.ts'
import { foldAuction } from './evolve.ts'
import { fundsFor } from './money.ts'
import type { PastCommand } from './past.ts'
import { contestOf, leastOffer } from './price.ts'

type Made = Pick<Bid, 'bidder' | 'amount'>

/** What commands alone give, replayed in their order of acceptance. */
export interface Recomputation {
  readonly after: AuctionState
  /** The sequence of the command that a visible bid rests on; undefined where the replay yields no such bid. */
  readonly behind: (bid: Made) => number | undefined
  /** Sequences of the commands that the rules would refuse now. */
  readonly refused: ReadonlySet<number>
}

/** Money decides nothing here: only who leads in the end must be able to pay. */
export function recompute(
  state: AuctionState,
  commands: readonly PastCommand[],
  now: Instant,
): Recomputation {
  const refused = new Set<number>()
  // Prices only rise in a replay, so that no bidder bids one amount twice.
  const yielded = new Map<string, number>()
  let after = beginning(state)
  for (const { sequence, bidder, offer } of commands) {
    if (offer.value < leastOffer(after, bidder.id, offer)) {
      refused.add(sequence)
      continue
    }
    const contest = contestOf(after, bidder.id, offer)
    const own = asBidId(`replay_${sequence}`)
    after = { ...after, commandCount: sequence - 1 }
    const { visible, placed } = bidsOf(after, contest, { bidder, offer, bidId: own, answerId: own, now })
    for (const bid of visible) {
      const isOwn = bid.bidder.id === bidder.id
      yielded.set(keyOf(bid), isOwn ? sequence : (after.leading?.sequence ?? sequence))
    }
    after = foldAuction(after, placed)
  }
  return { after, refused, behind: (bid) => yielded.get(keyOf(bid)) }
}

/** A recomputation whose leader can pay, and the sequences of the commands that had to go for it. */
export interface FundedRecomputation extends Recomputation {
  readonly unfunded: ReadonlySet<number>
}

/** In a funded auction a leader without the money loses the commands that ask for more; then the next one leads. */
export function recomputeFunded(
  state: AuctionState,
  commands: readonly PastCommand[],
  wallets: Wallets,
  now: Instant,
): FundedRecomputation {
  const unfunded = new Set<number>()
  for (;;) {
    const remaining = commands.filter(({ sequence }) => !unfunded.has(sequence))
    const result = recompute(state, remaining, now)
    const { leading } = result.after
    if (!state.terms.funded || leading === null) return { ...result, unfunded }
    const funds = fundsFor(state, leading.bidder.id, wallets)
    if (leading.maximum <= funds) return { ...result, unfunded }
    for (const { sequence } of beyond(remaining, leading.bidder.id, funds)) unfunded.add(sequence)
  }
}

function beyond(commands: readonly PastCommand[], bidder: UserId, funds: number): readonly PastCommand[] {
  return commands.filter((made) => made.bidder.id === bidder && made.offer.value > funds)
}

/** The auction as it is now, but before its first bid. */
function beginning({ terms, standing, ...state }: AuctionState): AuctionState {
  const nothing = { currentPrice: null, leader: null, bidCount: 0, bidderCount: 0 }
  return {
    ...state,
    terms,
    standing: { ...standing, ...nothing, reserveMet: terms.reservePrice === null },
    leading: null,
    bidders: new Set(),
  }
}

function keyOf({ bidder, amount }: Made): string {
  return `${amount} ${bidder.id}`
}
