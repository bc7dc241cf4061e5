import { type Actor, hasRole } from '../../../engine/kernel/actor.ts'
import { accept, type Decision, forbid, reject } from '../../../engine/kernel/decision.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { lengthRule, trimmedWithin } from '../../../engine/kernel/text.ts'

export interface RevokeCommand {
  readonly userId: UserId
  readonly reason: string
}

/** An entry: from `revokedAt` on, tokens issued to the user up to then are rejected. */
export interface UserRevoked {
  readonly type: 'UserRevoked'
  readonly userId: UserId
  readonly revokedAt: Instant
  readonly reason: string
}

const MAX_REASON = 500

export function decideRevocation(
  { userId, ...given }: RevokeCommand,
  { actor, now }: { readonly actor: Actor; readonly now: Instant },
): Decision<UserRevoked, object> {
  if (!hasRole(actor, 'ADMIN')) return forbid('Only administrators can revoke users.')
  const reason = trimmedWithin(given.reason, MAX_REASON)
  if (reason === undefined) {
    return reject('INVALID_INPUT', `A reason has ${lengthRule(MAX_REASON)}.`, { field: 'reason' })
  }
  return accept([{ type: 'UserRevoked', userId, revokedAt: now, reason }], {})
}
