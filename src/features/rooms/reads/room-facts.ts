import { and, eq, inArray } from 'drizzle-orm'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../ids.ts'
import type { Membership, RoomFacts, RoomVisibility } from '../rules/room.ts'
import { members, rooms } from '../tables.ts'
import { dependsOnMembership } from './visible.ts'

/**
 * What decides, for any number of callers, who may see these rooms now. Reads the members only of members-only rooms:
 * a lobby may have a million.
 */
export async function readRoomFacts(
  executor: Executor,
  ids: readonly RoomId[],
): Promise<ReadonlyMap<RoomId, RoomFacts>> {
  if (ids.length === 0) return new Map()
  const found = await executor
    .select()
    .from(rooms)
    .where(inArray(rooms.id, [...ids]))
  const guarded = found.filter(dependsOnMembership).map((room) => room.id)
  const memberships = new Map(found.map((room) => [room.id, new Map<string, Membership>()]))
  for (const { roomId, userId, userName, ...rest } of await readStanding(executor, guarded)) {
    memberships.get(roomId)?.set(userId, { user: { id: userId, name: userName }, ...rest })
  }
  return new Map(found.map((room) => [room.id, { room, memberships: memberships.get(room.id) ?? new Map() }]))
}

/** Those of `ids` that exist. */
export async function readVisibilities(
  executor: Executor,
  ids: readonly RoomId[],
): Promise<readonly { readonly id: RoomId; readonly visibility: RoomVisibility }[]> {
  if (ids.length === 0) return []
  return executor
    .select({ id: rooms.id, visibility: rooms.visibility })
    .from(rooms)
    .where(inArray(rooms.id, [...ids]))
}

async function readStanding(
  executor: Executor,
  ids: RoomId[],
): Promise<readonly (typeof members.$inferSelect)[]> {
  if (ids.length === 0) return []
  return executor
    .select()
    .from(members)
    .where(and(inArray(members.roomId, ids), eq(members.status, 'member')))
}
