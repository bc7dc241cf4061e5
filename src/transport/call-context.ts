import type { Session } from '../engine/session/session.ts'
import type { SubscriptionLife } from '../engine/session/subscription.ts'
import type { CallContext, ConnectionControl } from '../resolvers/context.ts'
import type { Services } from '../resolvers/services.ts'

export interface CallOptions {
  readonly services: Services
  readonly session: Session
  readonly connection: ConnectionControl | null
}

/** The context of a query or mutation: the viewer stays the one it started with. */
export function callContext(
  { services, session, connection }: CallOptions,
  signal: AbortSignal,
): CallContext {
  const { viewer, client } = session
  return { services, viewer, connection, client, signal }
}

/** The context of a subscription: the viewer is always the session's current one. */
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
