import type { UserId } from '../engine/kernel/id.ts'
import type { Person } from '../engine/kernel/person.ts'
import { findUsers } from '../features/users/users.ts'
import type { Services } from './services.ts'

/** The known users among `ids`, without duplicates, in the order of `ids`; includes users this node has just seen. */
export async function findKnownUsers(
  { database, settleUsers }: Services,
  ids: readonly UserId[],
): Promise<readonly Person[]> {
  const known = await findUsers(database, ids)
  if (known.length === new Set(ids).size) return known
  await settleUsers()
  return findUsers(database, ids)
}

export async function findKnownUser(services: Services, id: UserId): Promise<Person | undefined> {
  const [person] = await findKnownUsers(services, [id])
  return person
}
