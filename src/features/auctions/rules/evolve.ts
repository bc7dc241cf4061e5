import type { AuctionStanding, AuctionState, Bid, StandingMaximum } from './auction.ts'
import type { AuctionEvent } from './event.ts'

/** The state right after `event`. Throws if the first event is not AuctionCreated, which no decision produces. */
export function evolveAuction(state: AuctionState | null, event: AuctionEvent): AuctionState {
  if (event.type === 'AuctionCreated') return event.state
  if (state === null) throw new Error(`${event.type} came before AuctionCreated`)
  switch (event.type) {
    case 'AuctionStarted': {
      const { ms, endsAt } = event.delay ?? { ms: 0, endsAt: state.standing.endsAt }
      return { ...shown(state, { phase: 'LIVE', endsAt }), pausedMs: state.pausedMs + ms }
    }
    case 'AuctionPaused': {
      const { pausedAt, byRoom = false } = event
      return { ...shown(state, { phase: 'PAUSED' }), pausedAt, pausedByRoom: byRoom }
    }
    case 'PauseKept':
      return { ...state, pausedByRoom: false }
    case 'AuctionResumed': {
      const { endsAt, pausedMs } = event
      return unpaused(shown(state, { phase: 'LIVE', endsAt }), pausedMs)
    }
    case 'MaximumSet':
      return withMaximum(state, event.maximum)
    case 'BidPlaced':
      return shown(state, afterBid(state, event.bid))
    case 'CommandsVoided':
      return event.state
    case 'BidVoided':
    case 'FundsMoved':
      return state
    case 'ReserveMet':
      return shown(state, { reserveMet: true })
    case 'AuctionExtended':
      return shown(state, { endsAt: event.endsAt, extensionCount: state.standing.extensionCount + 1 })
    case 'AuctionSold':
      return unpaused(shown(state, { phase: 'SOLD', winner: event.winner, endedAt: event.endedAt }))
    case 'AuctionUnsold':
      return unpaused(shown(state, { phase: 'UNSOLD', endedAt: event.endedAt }))
    case 'AuctionCancelled':
      return unpaused(shown(state, { phase: 'CANCELLED', endedAt: event.endedAt }))
  }
}

/** The state after applying `events` in order. */
export function foldAuction(state: AuctionState, events: readonly AuctionEvent[]): AuctionState {
  return events.reduce<AuctionState>(evolveAuction, state)
}

function shown(state: AuctionState, change: Partial<AuctionStanding>): AuctionState {
  return { ...state, standing: { ...state.standing, ...change } }
}

function unpaused(state: AuctionState, pausedMs = 0): AuctionState {
  return { ...state, pausedAt: null, pausedByRoom: false, pausedMs: state.pausedMs + pausedMs }
}

/** Each bid shows the price and leader at its own moment, even a challenger's bid that is answered immediately. */
function afterBid({ terms, standing }: AuctionState, bid: Bid): Partial<AuctionStanding> {
  return {
    currentPrice: bid.amount,
    leader: bid.bidder,
    bidCount: standing.bidCount + 1,
    reserveMet: terms.reservePrice === null || bid.amount >= terms.reservePrice,
  }
}

function withMaximum(state: AuctionState, set: StandingMaximum): AuctionState {
  const { leading, bidders, standing } = state
  const { id } = set.bidder
  const isLeader = leading?.bidder.id === id
  const leads = leading === null || isLeader || set.maximum > leading.maximum
  // The set may be incomplete; the leader has certainly bid.
  const isNew = !isLeader && !bidders.has(id)
  return {
    ...state,
    leading: leads ? set : leading,
    commandCount: set.sequence,
    bidders: bidders.has(id) ? bidders : new Set([...bidders, id]),
    standing: isNew ? { ...standing, bidderCount: standing.bidderCount + 1 } : standing,
  }
}
