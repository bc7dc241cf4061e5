import { type Instant, instant, later } from '../../kernel/instant.ts'
import type { AuctionState } from './auction.ts'
import type { AuctionEvent } from './event.ts'

/** AuctionExtended where a visible bid accepted `now` moves the end, else nothing. Never shortens, never passes `latestEnd`. */
export function extension(state: AuctionState, now: Instant): readonly AuctionEvent[] {
  const { softClose } = state.terms
  const { endsAt } = state.standing
  if (softClose === null || endsAt - now >= softClose.windowMs) return []
  const moved = instant(Math.min(latestEnd(state), later(now, softClose.extensionMs)))
  return moved > endsAt ? [{ type: 'AuctionExtended', previousEndsAt: endsAt, endsAt: moved }] : []
}

/** The soft-close cap: as far as bids can move the end. Pauses move it along. */
export function latestEnd({ terms, pausedMs }: AuctionState): Instant {
  return later(terms.originalEndsAt, (terms.softClose?.capMs ?? 0) + pausedMs)
}
