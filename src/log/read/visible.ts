import { and, type Column, eq, exists, inArray, or, type SQL, sql } from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import type { Actor } from '../../domain/actor.ts'
import { type Caller, canSeeRoom } from '../../domain/room/access.ts'
import { type Membership, ROOM_KINDS, ROOM_VISIBILITIES, type Room } from '../../domain/room/room.ts'
import { asUserId } from '../../kernel/id.ts'
import { instant } from '../../kernel/instant.ts'
import { members, rooms } from '../schema.ts'

const ROOMS = ROOM_KINDS.flatMap((kind) => ROOM_VISIBILITIES.map((visibility) => ({ kind, visibility })))

const MEMBER: Membership = {
  user: { id: asUserId(''), name: '' },
  status: 'member',
  role: 'MEMBER',
  joinedAt: instant(0),
  mutedUntil: null,
}

const STRANGER: Actor = { kind: 'user', person: MEMBER.user, roles: new Set(['USER']) }

/** Whether who is a member makes a difference to who may see the room. */
export function dependsOnMembership(room: Pick<Room, 'kind' | 'visibility'>): boolean {
  return canSeeRoom(STRANGER, room, MEMBER) !== canSeeRoom(STRANGER, room, undefined)
}

const GUARD = sql<string>`${rooms.kind} || ' ' || ${rooms.visibility}`
const BY_MEMBERSHIP = namesOf(ROOMS.filter(dependsOnMembership))

/** Text that is another whenever others may see the room. `head`: of the room's history. */
export function accessOf(head: Column): SQL<string> {
  return sql<string>`${GUARD} || CASE WHEN ${inArray(GUARD, BY_MEMBERSHIP)} THEN ' ' || ${head} ELSE '' END`
}

/**
 * The condition on `rooms` under which `caller` may see one. It is `canSeeRoom`, asked for every combination
 * that it tells apart, so that the rule stands in the domain alone.
 */
export function visibleTo(caller: Caller): SQL {
  const toAll = seen(caller, undefined)
  if (toAll.length === ROOMS.length) return sql`true`
  const isOpen = inArray(GUARD, toAll)
  if (caller === null || caller.kind === 'system') return isOpen
  const isMember = exists(
    new QueryBuilder()
      .select({ one: sql`1` })
      .from(members)
      .where(
        and(eq(members.roomId, rooms.id), eq(members.userId, caller.person.id), eq(members.status, 'member')),
      ),
  )
  return or(isOpen, and(inArray(GUARD, seen(caller, MEMBER)), isMember)) ?? isOpen
}

function seen(caller: Caller, membership: Membership | undefined): string[] {
  return namesOf(ROOMS.filter((room) => canSeeRoom(caller, room, membership)))
}

function namesOf(some: typeof ROOMS): string[] {
  return some.map(({ kind, visibility }) => `${kind} ${visibility}`)
}
