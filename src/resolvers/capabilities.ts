import { actorOf, type Viewer } from '../auth/viewer.ts'
import { isPrivileged } from '../domain/actor.ts'

export type Capability = 'announcements' | 'bids' | 'messages' | 'operations' | 'rooms'

/** What a caller may do on this server, sorted: the same in `server.capabilities` and in `connection_ack`. */
export function capabilitiesOf(viewer: Viewer | null): readonly Capability[] {
  if (viewer === null) return []
  if (!isPrivileged(actorOf(viewer))) return ['bids', 'messages', 'rooms']
  return ['announcements', 'bids', 'messages', 'operations', 'rooms']
}
