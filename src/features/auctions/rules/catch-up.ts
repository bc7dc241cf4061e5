import { type Instant, later } from '../../../engine/kernel/instant.ts'
import type { Room } from '../../rooms/rules/room.ts'
import type { AuctionState } from './auction.ts'
import type { AuctionEvent } from './event.ts'

/**
 * The opening, pause or resumption that the clock or the auction's room has made due and that no entry shows yet. It
 * precedes every command, so that a late scheduler changes nothing for bidders. `room` is undefined where the server
 * acts without one at hand; only the clock counts then.
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

/** PAUSED → LIVE: the end moves by the pause. */
export function resumption({ standing, pausedAt }: AuctionState, now: Instant): AuctionEvent {
  const pausedMs = Math.max(0, now - (pausedAt ?? now))
  return { type: 'AuctionResumed', pausedMs, endsAt: later(standing.endsAt, pausedMs) }
}

/** An auction opens while its room is LIVE. Where the room kept it waiting, it keeps its duration. */
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

/** The clock stops with the room, however late this is noticed. An auction whose end came first has ended. */
function pauseWithRoom({ standing }: AuctionState, pausedAt: Instant): readonly AuctionEvent[] {
  return pausedAt < standing.endsAt ? [{ type: 'AuctionPaused', pausedAt, byRoom: true }] : []
}
