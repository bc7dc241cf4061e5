import { usePresence } from '@rostrum/client/react'
import { useEffect } from 'react'
import { useCommand } from '../command.ts'
import { SetPresenceDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'

/** The number of users present, and as many names as fit on one line. */
export function People() {
  const { roomId, myId } = useHere()
  const live = usePresence(roomId)
  useIdleness()
  const { count, users } = live.kind === 'live' ? live.state : { count: 0, users: [] }
  return (
    <p className="line soft" id="people">
      {count} here
      {users.map(({ user, state }) => (
        <span key={user.id} className="person" data-state={state}>
          {user.id === myId ? 'you' : user.name}
          {state === 'IDLE' && <span className="unseen"> (away)</span>}
        </span>
      ))}
    </p>
  )
}

/** Reports the viewer as idle while the page is hidden. */
function useIdleness(): void {
  const { roomId, isMember, isConnected } = useHere()
  const command = useCommand()
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each room
  useEffect(() => {
    if (!isMember || !isConnected) return
    const tell = (): void =>
      void command(SetPresenceDocument, { roomId, state: document.hidden ? 'IDLE' : 'ONLINE' })
    document.addEventListener('visibilitychange', tell)
    return () => document.removeEventListener('visibilitychange', tell)
  }, [roomId, isMember, isConnected])
}
