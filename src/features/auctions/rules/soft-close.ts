import { type Instant, instant, later } from '../../../engine/kernel/instant.ts'
import type { AuctionState } from './auction.ts'
import type { AuctionEvent } from './event.ts'

/**
 * AuctionExtended if a visible bid or a void accepted `now` moves the end, else nothing. Never shortens, never
 * exceeds `latestEnd`. During a pause the auction's clock is stopped: the remaining time is that at the start of the
 * pause.
 */
export function extension(state: AuctionState, now: Instant): readonly AuctionEvent[] {
  const { softClose } = state.terms
  const { endsAt } = state.standing
  const clock = state.pausedAt ?? now
  if (softClose === null || endsAt - clock >= softClose.windowMs) return []
  const moved = instant(Math.min(latestEnd(state), later(clock, softClose.extensionMs)))
  return moved > endsAt ? [{ type: 'AuctionExtended', previousEndsAt: endsAt, endsAt: moved }] : []
}

/** The soft-close cap: the latest end that bids can cause. Pauses move it too. */
export function latestEnd({ terms, pausedMs }: AuctionState): Instant {
  return later(terms.originalEndsAt, (terms.softClose?.capMs ?? 0) + pausedMs)
}
