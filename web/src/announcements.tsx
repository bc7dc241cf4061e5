import type { Announcement } from '@rostrum/client'
import { useAnnouncements } from '@rostrum/client/react'
import { useState } from 'react'
import { useHere } from './here.ts'

const RANKS = { CRITICAL: 0, WARNING: 1, INFO: 2 }
const STORED = 'rostrum-dismissed'
/** Number of dismissed announcements remembered in this browser. */
const MAX_REMEMBERED = 200

/** Shows the most severe announcement that was not dismissed. Its line is always reserved, so that nothing below moves. */
export function Announcements() {
  const { roomId } = useHere()
  const live = useAnnouncements()
  const [dismissed, dismiss] = useDismissed()
  const all = live.kind === 'live' ? live.state : []
  const [shown, ...others] = all
    .filter((each) => (each.roomId ?? roomId) === roomId && !dismissed.has(each.id))
    .sort((one, other) => RANKS[one.severity] - RANKS[other.severity])
  return (
    <aside id="announcements" aria-label="Announcements" aria-live="polite">
      {shown !== undefined && (
        <Banner
          key={shown.id}
          announcement={shown}
          others={others.length}
          onDismiss={() => dismiss(shown.id)}
        />
      )}
    </aside>
  )
}

interface Props {
  readonly announcement: Announcement
  readonly others: number
  readonly onDismiss: () => void
}

/** One line, until it is opened. */
function Banner({ announcement: { severity, title, body }, others, onDismiss }: Props) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <div className={isOpen ? 'banner open' : 'banner'} data-severity={severity}>
      <p>
        <b>{title}</b> {body}
      </p>
      {others > 0 && <span className="soft">+{others}</span>}
      <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        {isOpen ? 'Less' : 'More'}
      </button>
      <button type="button" className="dismiss" onClick={onDismiss} aria-label={`OK, dismiss: ${title}`}>
        OK
      </button>
    </div>
  )
}

/** The ids of dismissed announcements, kept in this browser. */
function useDismissed(): readonly [ReadonlySet<string>, (id: string) => void] {
  const [ids, setIds] = useState<ReadonlySet<string>>(readDismissed)
  function dismiss(id: string): void {
    const next = [...ids, id].slice(-MAX_REMEMBERED)
    setIds(new Set(next))
    try {
      localStorage.setItem(STORED, JSON.stringify(next))
    } catch {
      // Without storage it appears again on the next visit.
    }
  }
  return [ids, dismiss]
}

function readDismissed(): ReadonlySet<string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]')
    return new Set(Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [])
  } catch {
    return new Set()
  }
}
