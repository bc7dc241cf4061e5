import { actorOf, type Viewer } from '../auth/viewer.ts'
import { isPrivileged } from '../domain/actor.ts'

export type Capability =
  | 'announcements'
  | 'bids'
  | 'messages'
  | 'notifications'
  | 'operations'
  | 'presence'
  | 'rooms'
  | 'trading'

const OF_THE_SIGNED_IN: readonly Capability[] = ['bids', 'messages', 'notifications', 'presence', 'rooms']
const OF_THE_PRIVILEGED: readonly Capability[] = ['announcements', 'operations', 'trading']

/** What a caller may do on this server, sorted: the same in `server.capabilities` and in `connection_ack`. */
export function capabilitiesOf(viewer: Viewer | null): readonly Capability[] {
  if (viewer === null) return []
  return isPrivileged(actorOf(viewer)) ? [...OF_THE_SIGNED_IN, ...OF_THE_PRIVILEGED].sort() : OF_THE_SIGNED_IN
}
