import type { Actor } from '../engine/kernel/actor.ts'
import { actorOf, type Viewer } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import { unauthenticated } from './errors.ts'

/** The signed-in caller. Throws UNAUTHENTICATED for a visitor. */
export function signedIn(context: CallContext): Viewer {
  if (context.viewer === null) throw unauthenticated()
  return context.viewer
}

/** The signed-in caller as one who gives commands. Throws UNAUTHENTICATED for a visitor. */
export function actorIn(context: CallContext): Actor {
  return actorOf(signedIn(context))
}
