import { type Instant, instant, later } from '../../../engine/kernel/instant.ts'
import type { AuctionState } from './auction.ts'
import type { AuctionEvent } from './event.ts'

/**
 * AuctionExtended where a visible bid or a void accepted `now` moves the end, else nothing. Never shortens, never passes
 * `latestEnd`. In a pause the auction's clock stands still: the time left is that of the pause's beginning.
 */
export function extension(state: AuctionState, now: Instant): readonly AuctionEvent[] {
  const { softClose } = state.terms
  const { endsAt } = state.standing
  const clock = state.pausedAt ?? now
  if (softClose === null || endsAt - clock >= softClose.windowMs) return []
  const moved = instant(Math.min(latestEnd(state), later(clock, softClose.extensionMs)))
  return moved > endsAt ? [{ type: 'AuctionExtended', previousEndsAt: endsAt, endsAt: moved }] : []
}

/** The soft-close cap: as far as bids can move the end. Pauses move it along. */
export function latestEnd({ terms, pausedMs }: AuctionState): Instant {
  return later(terms.originalEndsAt, (terms.softClose?.capMs ?? 0) + pausedMs)
}
