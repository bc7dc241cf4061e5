import type { PlanContext } from '../engine/hub/plan-context.ts'
import type { PresenceSession } from '../engine/presence/presence-session.ts'
import type { ClientKey } from '../engine/session/client-key.ts'
import type { Viewer } from '../platform/auth/viewer.ts'
import type { Services } from './services.ts'

/**
 * The context of every execution, including those shared by many subscribers, so it contains nothing specific to one of
 * them. It has no `viewer` on purpose: a field that reads the viewer without being marked throws.
 */
export interface SharedContext {
  readonly services: Services
}

/** The context of a single caller's operation. */
export interface CallContext extends SharedContext, PlanContext {
  readonly services: Services
  /** The WebSocket of the call; null over HTTP. */
  readonly connection: ConnectionControl | null
  /** The client key for limits. */
  readonly client: ClientKey
}

/** What an operation may do to its connection. */
export interface ConnectionControl {
  /** The connection as rooms see it. */
  readonly presence: PresenceSession
  /** A mutation of this connection exceeded its rate. Clients that keep exceeding it are disconnected. */
  onRateLimited(): void
  /** Signs the connection in, or renews its token. If refused, the connection keeps its viewer. */
  authenticate(
    token: string,
  ): Promise<
    { readonly kind: 'ok'; readonly viewer: Viewer } | { readonly kind: 'refused'; readonly reason: string }
  >
}

/** Whether `context` belongs to a single caller. */
export function isCallContext(context: SharedContext): context is CallContext {
  return 'viewer' in context
}

/** Aborted when nobody waits for the result any more; undefined in a shared execution, which always has a reader. */
export function signalIn(context: SharedContext): AbortSignal | undefined {
  return isCallContext(context) ? context.signal : undefined
}

/** `context` as that of a single caller. Throws in a shared execution. */
export function callContextOf(context: SharedContext): CallContext {
  if (isCallContext(context)) return context
  throw new Error('a field that reads the viewer is not marked with readsViewer')
}
