import type { Rejected } from '../../../engine/kernel/decision.ts'
import { accept } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { isOptionalText, optionalTextRule } from '../../../engine/kernel/text.ts'
import type { Room } from '../../rooms/rules/room.ts'
import type { AuctionState } from './auction.ts'
import { resumption } from './catch-up.ts'
import type { AuctionDecision } from './context.ts'
import type { AuctionEvent } from './event.ts'
import { closing, hasEnded } from './phase.ts'
import { reject } from './rejections.ts'

const MAX_REASON_LENGTH = 1_000
const ROOM_ENDED = 'The room ended.'

/** LIVE → PAUSED. Pausing a paused auction only keeps it from resuming with its room. */
export function decidePause(state: AuctionState, now: Instant): AuctionDecision {
  if (hasEnded(state, now)) return outOfOrder('The auction has ended.')
  if (state.standing.phase === 'PAUSED')
    return state.pausedByRoom ? accepted({ type: 'PauseKept' }) : accepted()
  if (state.standing.phase === 'LIVE') return accepted({ type: 'AuctionPaused', pausedAt: now })
  return outOfOrder('Only a live auction can be paused.')
}

/** PAUSED → LIVE, with the end moved by the pause. Resuming a live auction changes nothing. */
export function decideResume(state: AuctionState, room: Room | undefined, now: Instant): AuctionDecision {
  if (hasEnded(state, now)) return outOfOrder('The auction has ended.')
  if (state.standing.phase === 'LIVE') return accepted()
  if (state.standing.phase !== 'PAUSED') return outOfOrder('Only a paused auction can be resumed.')
  if (room?.phase === 'PAUSED') return outOfOrder('The room of the auction is paused: resume the room first.')
  return accepted(resumption(state, now))
}

/**
 * LIVE or PAUSED → SOLD or UNSOLD. Repeating it changes nothing after SOLD, or after UNSOLD with a bid. UNSOLD
 * without a bid never comes from the hammer.
 */
export function decideHammer(state: AuctionState, now: Instant): AuctionDecision {
  const { phase, currentPrice } = state.standing
  const hasBid = currentPrice !== null
  if (phase === 'SOLD' || (phase === 'UNSOLD' && hasBid)) return accepted()
  if (hasEnded(state, now)) return outOfOrder('The auction has ended.')
  if (phase !== 'LIVE' && phase !== 'PAUSED') return outOfOrder('Only a live or paused auction is hammered.')
  return hasBid ? accepted(closing(state, now)) : reject('NO_BID_TO_HAMMER', 'The auction has no bids yet.')
}

/** Any phase before the end → CANCELLED. Cancelling a cancelled auction changes nothing. */
export function decideCancellation(state: AuctionState, reason: string, now: Instant): AuctionDecision {
  if (!isOptionalText(reason, MAX_REASON_LENGTH)) {
    const limit = `The reason must have ${optionalTextRule(MAX_REASON_LENGTH)}.`
    return reject('INVALID_INPUT', limit, { field: 'reason' })
  }
  if (state.standing.phase === 'CANCELLED') return accepted()
  if (hasEnded(state, now)) return outOfOrder('The auction has ended.')
  return accepted({ type: 'AuctionCancelled', reason, endedAt: now })
}

/**
 * Closes like the hammer, but also without a bid; cancels an auction that has not started, leaves an ended one
 * unchanged. The room ended at `stoppedAt`.
 */
export function decideEndWithRoom(state: AuctionState, now: Instant, stoppedAt: Instant): AuctionDecision {
  switch (state.standing.phase) {
    case 'SCHEDULED':
      return accepted({ type: 'AuctionCancelled', reason: ROOM_ENDED, endedAt: stoppedAt })
    case 'LIVE':
    case 'PAUSED':
      return accepted(closing(state, now, stoppedAt))
    default:
      return accepted()
  }
}

function accepted(...events: readonly AuctionEvent[]): AuctionDecision {
  return accept(events, { bid: null })
}

function outOfOrder(reason: string): Rejected {
  return reject('INVALID_TRANSITION', reason)
}
