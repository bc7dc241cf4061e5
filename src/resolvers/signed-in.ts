import { signedIn } from '../engine/hub/plan-context.ts'
import type { Actor } from '../engine/kernel/actor.ts'
import { actorOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'

/** The signed-in caller as the actor of a command. Throws UNAUTHENTICATED for a visitor. */
export function actorIn(context: CallContext): Actor {
  return actorOf(signedIn(context))
}
