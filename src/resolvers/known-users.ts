import type { UserId } from '../engine/kernel/id.ts'
import type { Person } from '../engine/kernel/person.ts'
import { findUsers } from '../features/users/users.ts'
import type { Services } from './services.ts'

/** Those of `ids` whom anybody has seen, each once, in the order of `ids`: also who was seen here just now. */
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
