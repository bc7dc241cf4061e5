import type { UserId } from '../../engine/kernel/id.ts'
import { type Person, personNamed } from '../../engine/kernel/person.ts'
import { isStorable } from '../../engine/kernel/text.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { ensureUsers, findUsers } from '../users/users.ts'

/** Whom reports name, by id: those whom anybody has seen. */
export type Traders = ReadonlyMap<UserId, Person>

export async function loadTraders(tx: Transaction, ids: readonly UserId[]): Promise<Traders> {
  const people = await findUsers(tx, ids.filter(isStorable))
  return new Map(people.map((person) => [person.id, person]))
}

/** Somebody nobody has seen is named by the id until a token tells the name. */
export function traderIn(traders: Traders, id: UserId): Person {
  return traders.get(id) ?? personNamed(id)
}

/** Makes those of `ids` whom nobody has seen. In the order of ids, as all who make several do, and after topics. */
export async function ensureTraders(tx: Transaction, traders: Traders, ids: Iterable<UserId>): Promise<void> {
  const unseen = [...new Set(ids)].filter((id) => !traders.has(id)).sort()
  if (unseen.length > 0) await ensureUsers(tx, unseen)
}
