import { useRoom } from '@rostrum/client/react'
import { useEffect } from 'react'
import { useRoomOfAddress } from './address.ts'
import { Announcements } from './announcements.tsx'
import { ConnectionSign } from './connection-sign.tsx'
import { HereProvider, useEntered } from './here.ts'
import { Notifications } from './notifications.tsx'
import { Room } from './room.tsx'
import { Rooms } from './rooms.tsx'
import { signOut, useSeat } from './session.ts'

export function App() {
  const roomId = useRoomOfAddress()
  const { session, enter } = useSeat()
  const room = useRoom(roomId)
  const here = useEntered(roomId)
  const name = room.kind === 'live' ? room.state.room.name : ''
  useEffect(() => {
    document.title = name === '' ? 'Rostrum' : `${name} – Rostrum`
  }, [name])
  return (
    <HereProvider value={here}>
      <div className="page">
        <header>
          <div className="line name" title={name}>
            <b>Rostrum</b>
            <span className="soft beside" id="room">
              <bdi>{name}</bdi>
            </span>
          </div>
          <nav aria-label="Page">
            <Rooms />
            {session.identity !== null && <Notifications />}
            {session.identity !== null && (
              <button type="button" id="sign-out" onClick={() => enter(signOut())}>
                Sign out
              </button>
            )}
          </nav>
        </header>
        <div className="strip">
          <Announcements />
          <ConnectionSign />
        </div>
        <Room key={roomId} live={room} />
        <footer>
          <a href="/graphql">GraphiQL</a>
          <a href="/schema.graphql">Schema</a>
          <a href="/ops">Operations</a>
          <span>
            API: <code>POST /graphql</code>, or <code>graphql-transport-ws</code> on the same path
          </span>
        </footer>
      </div>
    </HereProvider>
  )
}
