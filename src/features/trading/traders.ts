import type { UserId } from '../../engine/kernel/id.ts'
import { type Person, personNamed } from '../../engine/kernel/person.ts'
import { isStorable } from '../../engine/kernel/text.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { ensureUsers, findUsers } from '../users/users.ts'

/** The known users among those that reports name, by id. */
export type Traders = ReadonlyMap<UserId, Person>

export async function loadTraders(tx: Transaction, ids: readonly UserId[]): Promise<Traders> {
  const people = await findUsers(tx, ids.filter(isStorable))
  return new Map(people.map((person) => [person.id, person]))
}

/** A user who has never signed in is shown by their id until a token provides the name. */
export function traderIn(traders: Traders, id: UserId): Person {
  return traders.get(id) ?? personNamed(id)
}

/**
 * Creates the unknown users of `ids`. In the order of ids, like every transaction that creates several, and after
 * topics.
 */
export async function ensureTraders(tx: Transaction, traders: Traders, ids: Iterable<UserId>): Promise<void> {
  const unseen = [...new Set(ids)].filter((id) => !traders.has(id)).sort()
  if (unseen.length > 0) await ensureUsers(tx, unseen)
}
