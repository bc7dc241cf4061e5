import { type Instant, later } from '../../../engine/kernel/instant.ts'
import type { Room } from '../../rooms/rules/room.ts'
import type { AuctionState } from './auction.ts'
import type { AuctionEvent } from './event.ts'

/**
 * The opening, pause or resumption that is due by the clock or the auction's room but not yet in the history. It
 * precedes every command, so that a late scheduler changes nothing for bidders. `room` is undefined if the server
 * acts without one loaded; only the clock counts then.
 */
export function catchUp(state: AuctionState, room: Room | undefined, now: Instant): readonly AuctionEvent[] {
  switch (state.standing.phase) {
    case 'SCHEDULED':
      return opening(state, room, now)
    case 'LIVE':
      return room?.phase === 'PAUSED' ? pauseWithRoom(state, room.phaseSince ?? now) : []
    case 'PAUSED':
      return state.pausedByRoom && room?.phase === 'LIVE' ? [resumption(state, now)] : []
    default:
      return []
  }
}

/** PAUSED → LIVE: the end moves by the length of the pause. */
export function resumption({ standing, pausedAt }: AuctionState, now: Instant): AuctionEvent {
  const pausedMs = Math.max(0, now - (pausedAt ?? now))
  return { type: 'AuctionResumed', pausedMs, endsAt: later(standing.endsAt, pausedMs) }
}

/** An auction opens while its room is LIVE. If the room delayed it, it keeps its duration. */
function opening(
  { terms, standing }: AuctionState,
  room: Room | undefined,
  now: Instant,
): readonly AuctionEvent[] {
  const isDue = terms.startsAt <= now && (room === undefined || room.phase === 'LIVE')
  if (!isDue) return []
  const openSince = room?.phaseSince ?? room?.startedAt ?? terms.startsAt
  if (openSince <= terms.startsAt) return [{ type: 'AuctionStarted' }]
  const ms = now - terms.startsAt
  return [{ type: 'AuctionStarted', delay: { ms, endsAt: later(standing.endsAt, ms) } }]
}

/** The clock stops with the room, however late the server notices. An auction whose end came first has ended. */
function pauseWithRoom({ standing }: AuctionState, pausedAt: Instant): readonly AuctionEvent[] {
  return pausedAt < standing.endsAt ? [{ type: 'AuctionPaused', pausedAt, byRoom: true }] : []
}
