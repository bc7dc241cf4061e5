import type { Auction } from '@rostrum/client'
import { useRemaining } from '@rostrum/client/react'
import { countdown, dayOf, timeOfDay } from '../time.ts'
import { isOver } from './standing.ts'

const SOON_MS = 10_000

/** Time left by the server's clock, or the time at which the lot ended. */
export function Countdown({ auction }: { readonly auction: Auction }) {
  const { phase, startsAt, endsAt, endedAt, extensionCount } = auction
  const isScheduled = phase === 'SCHEDULED'
  const leftMs = useRemaining(isScheduled ? startsAt : endsAt)
  const isSoon = phase === 'LIVE' && leftMs > 0 && leftMs <= SOON_MS
  const end = endedAt ?? endsAt
  const label = isOver(auction)
    ? `Ended ${dayOf(end) ?? ''}`
    : isScheduled
      ? 'Starts in'
      : phase === 'PAUSED'
        ? 'Clock stopped'
        : 'Ends in'
  const shown = isOver(auction) ? timeOfDay(end) : phase === 'PAUSED' ? 'Paused' : countdown(leftMs)
  return (
    <div>
      <div className="soft line" id="countdown-label">
        {label}
        {!isOver(auction) && extensionCount > 0 && (
          <span className="chip" title="Extended by late bids">
            +{extensionCount}
            <span className="unseen"> extended {extensionCount}×</span>
          </span>
        )}
      </div>
      <div id="countdown" role="timer" aria-labelledby="countdown-label" className={isSoon ? 'soon' : ''}>
        {shown}
      </div>
    </div>
  )
}
