import { formatInstant } from '../../engine/kernel/instant.ts'
import type { Viewer } from '../../platform/auth/viewer.ts'
import { capabilitiesOf } from '../../resolvers/capabilities.ts'
import type { Services } from '../../resolvers/services.ts'

/** A peer that does not answer a ping before the next one is dead, so detection takes at most twice this. */
export const HEARTBEAT_MS = 12_500

/** The payload of `connection_ack`. */
export function acknowledgement(
  connectionId: string,
  viewer: Viewer | null,
  { node, now }: Services,
): Record<string, unknown> {
  return {
    connectionId,
    node,
    authenticated: viewer !== null,
    user: viewer === null ? null : { ...viewer.user, roles: [...viewer.roles] },
    expiresAt: viewer === null ? null : formatInstant(viewer.expiresAt),
    serverTime: formatInstant(now()),
    heartbeatMs: HEARTBEAT_MS,
    capabilities: capabilitiesOf(viewer),
  }
}
