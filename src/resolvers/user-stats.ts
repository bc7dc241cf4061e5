import { badUserInput } from '../engine/hub/client-errors.ts'
import { asUserId } from '../engine/kernel/id.ts'
import { isStorable } from '../engine/kernel/text.ts'
import { findKnownUser } from './known-users.ts'
import type { Services } from './services.ts'

export interface UserStats {
  readonly id: string
  /** Null for an id that no token had so far, and that no service named. */
  readonly name: string | null
  /** Open connections on all nodes; while other nodes cannot be asked, on this one. */
  readonly connections: number
}

/** For administrators, before and after they revoke a user: whether the id is known, and what is open. */
export async function userStats(given: string | null, services: Services): Promise<UserStats> {
  if (given === null || given === '') throw badUserInput('Name the user: `?id=…`.')
  if (!isStorable(given)) throw badUserInput('The id contains NUL or half a surrogate pair.')
  const id = asUserId(given)
  const [person, connections] = await Promise.all([
    findKnownUser(services, id),
    services.presence.connections([id]),
  ])
  return { id, name: person?.name ?? null, connections: connections.get(id) ?? 0 }
}
