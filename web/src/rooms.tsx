import type { MouseEvent } from 'react'
import { useRef, useState } from 'react'
import { useQuery } from 'urql'
import { addressOf, goTo } from './address.ts'
import { RoomsDocument } from './gql/graphql.ts'
import { useHere } from './here.ts'

/** A dialog with links to the rooms. Loads them when it opens. */
export function Rooms() {
  const dialog = useRef<HTMLDialogElement>(null)
  const [isOpen, setIsOpen] = useState(false)
  function open(): void {
    dialog.current?.showModal()
    setIsOpen(true)
  }
  return (
    <>
      <button type="button" id="rooms-button" aria-haspopup="dialog" onClick={open}>
        Rooms
      </button>
      <dialog id="rooms" ref={dialog} aria-labelledby="rooms-title" onClose={() => setIsOpen(false)}>
        <h2 id="rooms-title">Rooms</h2>
        {isOpen && <RoomList onLeave={() => dialog.current?.close()} />}
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  )
}

const KINDS = { AUCTION: 'Auction', CHAT: 'Chat', DIRECT: 'Direct', LOBBY: 'Lobby', TRADE: 'Trade' }
const PHASES = { SCHEDULED: 'opens later', LIVE: 'open', PAUSED: 'paused', ENDED: 'ended' }

function RoomList({ onLeave }: { readonly onLeave: () => void }) {
  const { roomId } = useHere()
  const [{ data, error, fetching }] = useQuery({ query: RoomsDocument, requestPolicy: 'network-only' })
  if (error !== undefined) return <p role="alert">{error.message}</p>
  if (data === undefined || fetching) return <p className="soft">Looking…</p>
  return (
    <ul className="places">
      {(data.rooms?.edges ?? []).map(({ node: { id, name, kind, phase, onlineCount } }) => (
        <li key={id}>
          <a
            href={addressOf(id)}
            aria-current={id === roomId ? 'page' : undefined}
            onClick={(event: MouseEvent) => {
              // Let the browser open other tabs and windows.
              if (event.metaKey || event.ctrlKey || event.shiftKey) return
              event.preventDefault()
              onLeave()
              goTo(id)
            }}
          >
            {name}
          </a>
          <span className="soft">
            {KINDS[kind]}, {PHASES[phase]}, {onlineCount} here
          </span>
        </li>
      ))}
    </ul>
  )
}
