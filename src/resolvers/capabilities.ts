import { isPrivileged } from '../engine/kernel/actor.ts'
import { actorOf, type Viewer } from '../platform/auth/viewer.ts'

const OF_THE_SIGNED_IN = ['bids', 'messages', 'notifications', 'presence', 'rooms'] as const
const OF_THE_PRIVILEGED = ['announcements', 'operations', 'trading'] as const

export type Capability = (typeof OF_THE_SIGNED_IN | typeof OF_THE_PRIVILEGED)[number]

/** The caller's capabilities, sorted: the same in `server.capabilities` and in `connection_ack`. */
export function capabilitiesOf(viewer: Viewer | null): readonly Capability[] {
  if (viewer === null) return []
  return isPrivileged(actorOf(viewer)) ? [...OF_THE_SIGNED_IN, ...OF_THE_PRIVILEGED].sort() : OF_THE_SIGNED_IN
}
