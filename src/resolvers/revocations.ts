import { badUserInput } from '../engine/hub/client-errors.ts'
import { asUserId } from '../engine/kernel/id.ts'
import { revocationFamily } from '../features/users/family.ts'
import type { CallContext } from './context.ts'
import { forbidden } from './errors.ts'
import { actorIn } from './signed-in.ts'

/** True once done; repeating it revokes again. The user need not be known. */
export async function revokeUser(
  { userId, reason }: { readonly userId: string; readonly reason: string },
  context: CallContext,
): Promise<boolean> {
  const actor = actorIn(context)
  const outcome = await context.services.dispatch(revocationFamily, null, actor, {
    userId: asUserId(userId),
    reason,
  })
  if (outcome.kind === 'forbidden') throw forbidden(outcome.reason)
  if (outcome.kind === 'rejected') throw badUserInput(outcome.rejection.reason)
  return true
}
