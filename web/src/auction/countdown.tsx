import type { Auction } from '@rostrum/client'
import { useRemaining } from '@rostrum/client/react'
import { countdown, timeOf } from '../time.ts'
import { isOver } from './standing.ts'

const SOON_MS = 10_000

/** How long a lot goes on, by the server's clock. */
export function Countdown({ auction }: { readonly auction: Auction }) {
  const { phase, startsAt, endsAt, endedAt, extensionCount } = auction
  const isScheduled = phase === 'SCHEDULED'
  const leftMs = useRemaining(isScheduled ? startsAt : endsAt)
  const isSoon = phase === 'LIVE' && leftMs > 0 && leftMs <= SOON_MS
  const label = isOver(auction)
    ? 'Ended'
    : isScheduled
      ? 'Starts in'
      : extensionCount > 0
        ? `Ends, extended ${extensionCount}×`
        : 'Ends in'
  const shown = isOver(auction)
    ? timeOf(endedAt ?? endsAt)
    : phase === 'PAUSED'
      ? 'Paused'
      : countdown(leftMs)
  return (
    <div>
      <div className="soft" id="countdown-label">
        {label}
      </div>
      <div id="countdown" role="timer" aria-labelledby="countdown-label" className={isSoon ? 'soon' : ''}>
        {shown}
      </div>
    </div>
  )
}
