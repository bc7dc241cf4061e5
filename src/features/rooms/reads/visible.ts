import { and, type Column, eq, exists, inArray, or, type SQL, sql } from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import type { Actor } from '../../../engine/kernel/actor.ts'
import { asUserId } from '../../../engine/kernel/id.ts'
import { instant } from '../../../engine/kernel/instant.ts'
import { type Caller, canSeeRoom } from '../rules/access.ts'
import { type Membership, ROOM_KINDS, ROOM_VISIBILITIES, type Room } from '../rules/room.ts'
import { members, rooms } from '../tables.ts'

const ROOMS = ROOM_KINDS.flatMap((kind) => ROOM_VISIBILITIES.map((visibility) => ({ kind, visibility })))

const MEMBER: Membership = {
  user: { id: asUserId(''), name: '' },
  status: 'member',
  role: 'MEMBER',
  joinedAt: instant(0),
  mutedUntil: null,
}

const STRANGER: Actor = { kind: 'user', person: MEMBER.user, roles: new Set(['USER']) }

/** Whether membership affects who may see the room. */
export function dependsOnMembership(room: Pick<Room, 'kind' | 'visibility'>): boolean {
  return canSeeRoom(STRANGER, room, MEMBER) !== canSeeRoom(STRANGER, room, undefined)
}

/** A room's access class as one text: its kind and visibility. */
export const GUARD = sql<string>`${rooms.kind} || ' ' || ${rooms.visibility}`
const BY_MEMBERSHIP = namesOf(ROOMS.filter(dependsOnMembership))

/** A text that changes whenever the set of users who may see the room changes. `head`: of the room's history. */
export function accessOf(head: Column): SQL<string> {
  return sql<string>`${GUARD} || CASE WHEN ${inArray(GUARD, BY_MEMBERSHIP)} THEN ' ' || ${head} ELSE '' END`
}

/**
 * SQL condition on `rooms` for those that `caller` may see: `canSeeRoom`, evaluated for every combination that it
 * distinguishes, so that the rule exists in the domain only.
 */
export function visibleTo(caller: Caller): SQL {
  const toAll = seen(caller, undefined)
  if (toAll.length === ROOMS.length) return sql`true`
  const isOpen = inArray(GUARD, namesOf(toAll))
  if (caller === null || caller.kind === 'system') return isOpen
  const isMember = exists(
    new QueryBuilder()
      .select({ one: sql`1` })
      .from(members)
      .where(
        and(eq(members.roomId, rooms.id), eq(members.userId, caller.person.id), eq(members.status, 'member')),
      ),
  )
  return or(isOpen, and(inArray(GUARD, namesOf(seen(caller, MEMBER))), isMember)) ?? isOpen
}

/** A page of rooms, newest first: further filters and the page size. */
export interface RoomsPage {
  readonly where: SQL | undefined
  readonly limit: number
}

/**
 * The ids of the first rooms that `caller` may see; undefined for a caller who sees all. Starts from what is open to
 * the caller (a range of `rooms_open` per kind and visibility) and from the caller's own memberships, so that it does
 * not scan hidden rooms: 72,000 of them made a page take 80 ms.
 */
export function firstVisibleTo(caller: Caller, { where, limit }: RoomsPage): SQL | undefined {
  const toAll = seen(caller, undefined)
  if (toAll.length === ROOMS.length) return undefined
  const kinds = toAll.map(({ kind }) => kind)
  const visibilities = toAll.map(({ visibility }) => visibility)
  const first = sql`ORDER BY rooms.created_at DESC, rooms.id DESC LIMIT ${limit}::bigint`
  const open = sql`SELECT found.id, found.created_at
    FROM unnest(${sql.param(kinds)}::text[], ${sql.param(visibilities)}::text[]) AS open(open_kind, open_visibility)
    CROSS JOIN LATERAL (
      SELECT rooms.id, rooms.created_at FROM rooms
      WHERE ${and(sql`rooms.kind = open_kind`, sql`rooms.visibility = open_visibility`, where)} ${first}) AS found`
  const own = caller?.kind === 'user' ? sql`UNION (${ownRooms(caller, where)} ${first})` : sql``
  return sql`SELECT id FROM (${open} ${own}) AS rooms ${first}`
}

/** How `caller` sees rooms. */
export interface VisibleGuards {
  /** Whether the caller sees every room. */
  readonly isAll: boolean
  /** Visible without a membership. */
  readonly open: readonly string[]
  /** Visible only with a membership. */
  readonly byMembership: readonly string[]
}

export function guardsVisibleTo(caller: Caller): VisibleGuards {
  const open = seen(caller, undefined)
  const added = seen(caller, MEMBER).filter((room) => !open.includes(room))
  return { isAll: open.length === ROOMS.length, open: namesOf(open), byMembership: namesOf(added) }
}

function ownRooms(caller: Extract<Actor, { readonly kind: 'user' }>, where: SQL | undefined): SQL {
  return sql`SELECT rooms.id, rooms.created_at FROM members JOIN rooms ON rooms.id = members.room_id
    WHERE ${and(
      eq(members.userId, caller.person.id),
      eq(members.status, 'member'),
      inArray(GUARD, namesOf(seen(caller, MEMBER))),
      where,
    )}`
}

function seen(caller: Caller, membership: Membership | undefined): typeof ROOMS {
  return ROOMS.filter((room) => canSeeRoom(caller, room, membership))
}

function namesOf(some: typeof ROOMS): string[] {
  return some.map(({ kind, visibility }) => `${kind} ${visibility}`)
}
