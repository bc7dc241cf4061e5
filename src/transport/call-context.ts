import type { Session } from '../engine/session/session.ts'
import type { SubscriptionLife } from '../engine/session/subscription.ts'
import type { CallContext, ConnectionControl } from '../resolvers/context.ts'
import type { Services } from '../resolvers/services.ts'

export interface CallOptions {
  readonly services: Services
  readonly session: Session
  readonly connection: ConnectionControl | null
}

/** Of a query or mutation: the viewer stays the one that it began with. */
export function callContext(
  { services, session, connection }: CallOptions,
  signal: AbortSignal,
): CallContext {
  const { viewer, client } = session
  return { services, viewer, connection, client, signal }
}

/** Of a subscription: the viewer is always the session's present one. */
export function liveContext(
  { services, session, connection }: CallOptions,
  life: SubscriptionLife,
): CallContext {
  return {
    services,
    get viewer() {
      return session.viewer
    },
    connection,
    get client() {
      return session.client
    },
    get signal() {
      return life.signal
    },
    watchRights: (onChange) => life.watchRights(onChange),
  }
}
