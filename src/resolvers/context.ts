import type { PlanContext } from '../engine/hub/plan-context.ts'
import type { PresenceSession } from '../engine/presence/presence-session.ts'
import type { ClientKey } from '../engine/session/client-key.ts'
import type { Viewer } from '../platform/auth/viewer.ts'
import type { Services } from './services.ts'

/**
 * What every execution sees, also one that many subscribers share: nothing in it tells them apart. That it
 * has no `viewer` is the safeguard: a field that reads the viewer without being marked so throws there.
 */
export interface SharedContext {
  readonly services: Services
}

/** The context of one caller's own operation. */
export interface CallContext extends SharedContext, PlanContext {
  readonly services: Services
  /** The WebSocket the call came by; null over HTTP. */
  readonly connection: ConnectionControl | null
  /** Whose limits this call counts against. */
  readonly client: ClientKey
}

/** What an operation may do to the connection that it came by. */
export interface ConnectionControl {
  /** The connection as rooms see it. */
  readonly presence: PresenceSession
  /** A mutation that came by it was one too many. Who goes on and on is cut off. */
  onRateLimited(): void
  /** Signs the connection in, or renews its token. Refused, the connection keeps what it had. */
  authenticate(
    token: string,
  ): Promise<
    { readonly kind: 'ok'; readonly viewer: Viewer } | { readonly kind: 'refused'; readonly reason: string }
  >
}

/** Whether `context` is that of one caller. */
export function isCallContext(context: SharedContext): context is CallContext {
  return 'viewer' in context
}

/** Aborted when nobody waits for the answer any more; undefined in a shared execution, for which somebody always does. */
export function signalIn(context: SharedContext): AbortSignal | undefined {
  return isCallContext(context) ? context.signal : undefined
}

/** `context` as that of one caller. Throws in a shared execution. */
export function callContextOf(context: SharedContext): CallContext {
  if (isCallContext(context)) return context
  throw new Error('a field that reads the viewer lacks the mark readsViewer')
}
