import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import type { Command } from '../../engine/commands/command.ts'
import { instant } from '../../engine/kernel/instant.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Executor, Transaction } from '../../engine/storage/database.ts'
import { prepared, statement } from '../../engine/storage/statement.ts'
import type { RoomId } from './ids.ts'
import type { Membership, Room, RoomFacts } from './rules/room.ts'
import { members, rooms } from './tables.ts'

const queryFacts = (executor: Executor) =>
  executor
    .select({ room: getTableColumns(rooms), member: getTableColumns(members) })
    .from(rooms)
    .leftJoin(
      members,
      and(eq(members.roomId, rooms.id), sql`${members.userId} = ANY(${sql.placeholder('userIds')}::text[])`),
    )
    .where(eq(rooms.id, sql.placeholder('roomId')))
const FACTS = prepared((executor) => queryFacts(executor).prepare('room_facts'))
const LOCKED_FACTS = prepared((executor) =>
  queryFacts(executor).for('share', { of: rooms }).prepare('locked_room_facts'),
)

/**
 * The room and the memberships of `userIds`, if they exist; undefined if the room does not exist. `share` locks the
 * room's row against changes until the transaction ends: decisions that depend on its phase happen either before or
 * after the room ends, never concurrently.
 */
export async function loadRoomFacts(
  tx: Transaction,
  roomId: RoomId,
  userIds: readonly string[],
  lock: 'share' | 'none' = 'none',
): Promise<RoomFacts | undefined> {
  const query = lock === 'share' ? LOCKED_FACTS(tx) : FACTS(tx)
  const rows = await query.execute({ roomId, userIds: [...new Set(userIds)] })
  const [first] = rows
  if (first === undefined) return undefined
  const memberships = rows.flatMap(({ member }): [string, Membership][] =>
    member === null ? [] : [[member.userId, membershipFrom(member)]],
  )
  return { room: first.room satisfies Room, memberships: new Map(memberships) }
}

/** One room, and the users whose memberships are needed. */
export interface FactsAsked {
  readonly roomId: RoomId
  readonly userIds: readonly string[]
}

const LOCKED_ROOMS = prepared((executor) =>
  executor
    .select()
    .from(rooms)
    .where(sql`${rooms.id} = ANY(${sql.placeholder('ids')}::text[])`)
    .orderBy(rooms.id)
    .for('share')
    .prepare('locked_rooms'),
)

const MEMBERSHIPS = statement<Omit<typeof members.$inferSelect, 'joinedAt' | 'mutedUntil'> & Times>(
  'memberships',
  // LIMIT keeps the planner from scanning the whole table, which it does when it believes the table is small.
  `SELECT found.* FROM unnest($1::text[], $2::text[]) AS wanted(room, person),
    LATERAL (
      SELECT room_id AS "roomId", user_id AS "userId", user_name AS "userName", status, role,
        (extract(epoch FROM joined_at) * 1000)::float8 AS "joinedAt",
        (extract(epoch FROM muted_until) * 1000)::float8 AS "mutedUntil"
      FROM members WHERE room_id = wanted.room AND user_id = wanted.person LIMIT 1) AS found`,
)

interface Times {
  readonly joinedAt: number
  readonly mutedUntil: number | null
}

/**
 * Like `loadRoomFacts` with `share`, for several rooms; omits those that do not exist. Locks them in the order of
 * their ids.
 */
export async function lockFactsOfRooms(
  tx: Transaction,
  asked: readonly FactsAsked[],
): Promise<ReadonlyMap<RoomId, RoomFacts>> {
  const pairs = asked.flatMap(({ roomId, userIds }) =>
    [...new Set(userIds)].map((userId) => [roomId, userId] as const),
  )
  const [found, memberships] = await allSettled([
    LOCKED_ROOMS(tx).execute({ ids: asked.map(({ roomId }) => roomId) }),
    MEMBERSHIPS(
      tx,
      pairs.map(([roomId]) => roomId),
      pairs.map(([, userId]) => userId),
    ),
  ])
  const byRoom = Map.groupBy(memberships, ({ roomId }) => roomId)
  return new Map(
    found.map((room) => [
      room.id,
      { room: room satisfies Room, memberships: membershipsOf(byRoom.get(room.id)) },
    ]),
  )
}

function membershipsOf(rows: Awaited<ReturnType<typeof MEMBERSHIPS>> = []): RoomFacts['memberships'] {
  return new Map(
    rows.map(({ joinedAt, mutedUntil, ...row }) => {
      const until = mutedUntil === null ? null : instant(mutedUntil)
      return [row.userId, membershipFrom({ ...row, joinedAt: instant(joinedAt), mutedUntil: until })]
    }),
  )
}

function membershipFrom({
  userId,
  userName,
  ...row
}: Omit<typeof members.$inferSelect, 'deliveredThrough' | 'readThrough'>): Membership {
  const { status, role, joinedAt, mutedUntil } = row
  return { user: { id: userId, name: userName }, status, role, joinedAt, mutedUntil }
}

/** The users who send `commands`, each once. */
export function actorsOf(commands: readonly Command<unknown>[]): readonly string[] {
  return commands.flatMap(({ actor }) => (actor.kind === 'user' ? [actor.person.id] : []))
}
