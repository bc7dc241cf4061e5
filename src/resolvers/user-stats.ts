import { badUserInput } from '../engine/hub/client-errors.ts'
import { asUserId } from '../engine/kernel/id.ts'
import { isStorable } from '../engine/kernel/text.ts'
import { findKnownUser } from './known-users.ts'
import type { Services } from './services.ts'

export interface UserStats {
  readonly id: string
  /** Null for an id that no token and no service has named so far. */
  readonly name: string | null
  /** Open connections on all nodes; on this node only, while the others cannot be queried. */
  readonly connections: number
}

/** For administrators, before and after revoking a user: whether the id is known, and its open connections. */
export async function userStats(given: string | null, services: Services): Promise<UserStats> {
  if (given === null || given === '') throw badUserInput('Set the user with `?id=…`.')
  if (!isStorable(given)) throw badUserInput('The id contains NUL or an unpaired surrogate.')
  const id = asUserId(given)
  const [person, connections] = await Promise.all([
    findKnownUser(services, id),
    services.presence.connections([id]),
  ])
  return { id, name: person?.name ?? null, connections: connections.get(id) ?? 0 }
}
