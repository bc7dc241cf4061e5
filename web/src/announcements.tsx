import type { Announcement } from '@rostrum/client'
import { useAnnouncements } from '@rostrum/client/react'
import { useState } from 'react'
import { useHere } from './here.ts'

const RANKS = { CRITICAL: 0, WARNING: 1, INFO: 2 }

/** The most severe announcement that was not put away, in a place that is kept for it: what is below does not move. */
export function Announcements() {
  const { roomId } = useHere()
  const live = useAnnouncements()
  const [putAway, setPutAway] = useState<ReadonlySet<string>>(new Set())
  const all = live.kind === 'live' ? live.state : []
  const [shown, ...others] = all
    .filter((each) => (each.roomId ?? roomId) === roomId && !putAway.has(each.id))
    .sort((one, other) => RANKS[one.severity] - RANKS[other.severity])
  return (
    <aside id="announcements" aria-label="Announcements" aria-live="polite">
      {shown !== undefined && (
        <Banner
          announcement={shown}
          others={others.length}
          onPutAway={() => setPutAway(new Set(putAway).add(shown.id))}
        />
      )}
    </aside>
  )
}

interface Props {
  readonly announcement: Announcement
  readonly others: number
  readonly onPutAway: () => void
}

function Banner({ announcement: { severity, title, body }, others, onPutAway }: Props) {
  return (
    <div className="banner" data-severity={severity}>
      <p>
        <b>{title}</b> {body}
      </p>
      {others > 0 && <span className="soft">and {others} more</span>}
      <button type="button" onClick={onPutAway} aria-label={`Put away: ${title}`}>
        OK
      </button>
    </div>
  )
}
