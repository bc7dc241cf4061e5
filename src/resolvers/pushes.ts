import { hasRole } from '../engine/kernel/actor.ts'
import {
  countFailedPushes,
  type FailedPush,
  readFailedPushes,
} from '../features/notifications/reads/pushes.ts'
import type { CallContext, SharedContext } from './context.ts'
import { forbidden } from './errors.ts'
import { type Connection, connectionOf, defineList, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'
import { actorIn } from './signed-in.ts'

const PUSHES = defineList<FailedPush>('pushes', ({ createdAt, notificationId }) => ({
  rank: createdAt,
  id: notificationId,
}))

export type { FailedPush }

/** For administrators: notifications that the webhook did not accept within a day, newest first. */
export async function failedPushes(args: ForwardArgs, context: CallContext): Promise<Connection<FailedPush>> {
  if (!hasRole(actorIn(context), 'ADMIN')) throw forbidden('Only administrators can list failed deliveries.')
  const slice = sliceOf(PUSHES, args)
  const rows = await readFor(context, (database) => readFailedPushes(database, slice))
  return connectionOf(PUSHES, slice, rows, (push) => push)
}

export function countAllFailedPushes(
  _parent: object,
  _args: object,
  context: SharedContext,
): Promise<number> {
  return readFor(context, countFailedPushes)
}
