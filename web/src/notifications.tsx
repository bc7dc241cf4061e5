import type { Notification } from '@rostrum/client'
import { useNotifications } from '@rostrum/client/react'
import { useEffect, useRef, useState } from 'react'
import { useCommand } from './command.ts'
import { MarkNotificationsReadDocument } from './gql/graphql.ts'
import { useHere } from './here.ts'
import { timeOf } from './time.ts'

const SHOWN_MS = 8_000
const MAX_AT_ONCE = 200

/** The number of unread notifications, their list, and each new one for some seconds. */
export function Notifications() {
  const live = useNotifications()
  const dialog = useRef<HTMLDialogElement>(null)
  const command = useCommand()
  if (live.kind !== 'live') return null
  const { unread, unreadCount } = live.state

  function markRead(): void {
    const ids = unread.slice(0, MAX_AT_ONCE).map(({ id }) => id)
    void command(MarkNotificationsReadDocument, { ids })
    dialog.current?.close()
  }
  return (
    <>
      <button
        type="button"
        id="notifications-button"
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        Notifications <span className="count">{unreadCount > 99 ? '99+' : unreadCount}</span>
      </button>
      <dialog id="notifications" ref={dialog} aria-labelledby="notifications-title">
        <h2 id="notifications-title">Unread notifications</h2>
        {unread.length === 0 && <p className="soft">There are none.</p>}
        <ul>
          {unread.map(({ id, title, body, createdAt }) => (
            <li key={id}>
              <b>{title}</b> {body} <span className="soft">{timeOf(createdAt)}</span>
            </li>
          ))}
        </ul>
        <form method="dialog">
          <button type="submit">Close</button>
          <button type="button" className="main" onClick={markRead} disabled={unread.length === 0}>
            Mark as read
          </button>
        </form>
      </dialog>
      <Arrivals unread={unread} />
    </>
  )
}

/** Notifications that arrived since the page was opened, shown for some seconds above everything else. */
function Arrivals({ unread }: { readonly unread: readonly Notification[] }) {
  const { shownAuction } = useHere()
  const [known, setKnown] = useState<ReadonlySet<string>>(() => new Set(unread.map(({ id }) => id)))
  const arrived = unread
    .filter(({ id, kind, subjectId }) => !known.has(id) && (kind !== 'OUTBID' || subjectId !== shownAuction))
    .slice(0, 3)
  const ids = arrived.map(({ id }) => id).join()
  useEffect(() => {
    if (ids === '') return
    const timer = setTimeout(() => setKnown((before) => new Set([...before, ...ids.split(',')])), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [ids])
  return (
    <div id="arrivals" role="status">
      {arrived.map(({ id, kind, title, body }) => (
        <p key={id} data-kind={kind}>
          <b>{title}</b> {body}
        </p>
      ))}
    </div>
  )
}
