import { eq, sql } from 'drizzle-orm'
import type { UserId } from '../../engine/kernel/id.ts'
import { type Person, personNamed } from '../../engine/kernel/person.ts'
import type { Executor } from '../../engine/storage/database.ts'
import { users } from './tables.ts'

/** Undefined if the user is unknown. */
async function findUser(executor: Executor, id: UserId): Promise<Person | undefined> {
  const [person] = await executor.select().from(users).where(eq(users.id, id))
  return person
}

/** The known users of `ids`, each once, in the order of `ids`. */
export async function findUsers(executor: Executor, ids: readonly UserId[]): Promise<readonly Person[]> {
  if (ids.length === 0) return []
  const wanted = [...new Set(ids)]
  // A single array parameter: clients choose the number of ids, and a statement takes at most 65,535 parameters.
  const found = await executor
    .select()
    .from(users)
    .where(sql`${users.id} = ANY(${sql.param(wanted)})`)
  const known = new Map(found.map((person) => [person.id, person]))
  return wanted.flatMap((id) => known.get(id) ?? [])
}

/** Creates the unknown users of `ids`, named by their ids until a token provides the name. */
export async function ensureUsers(executor: Executor, ids: readonly UserId[]): Promise<void> {
  const names = ids.map((id) => personNamed(id).name)
  await executor.execute(sql`
    INSERT INTO users (id, name) SELECT * FROM unnest(${sql.param(ids)}::text[], ${sql.param(names)}::text[])
    ON CONFLICT DO NOTHING`)
}

/** The user, created if unknown: named by the id until a token provides the name. */
export async function ensureUser(executor: Executor, id: UserId): Promise<Person> {
  const [made] = await executor.insert(users).values(personNamed(id)).onConflictDoNothing().returning()
  const person = made ?? (await findUser(executor, id))
  if (person === undefined) throw new Error('a user vanished while being read')
  return person
}
