import { eq, sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import { moveDeadline } from '../../engine/commands/deadline.ts'
import { asRoomId, type RoomId, type UserId } from '../../engine/kernel/id.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import {
  idOf,
  messagesTopic,
  ordersTopic,
  positionsTopic,
  roomLeaderboardTopic,
  roomTopic,
} from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { moveAuctions } from '../auctions/room-deadlines.ts'
import { actorsOf, loadRoomFacts } from './facts.ts'
import { countOwnedRooms } from './quotas.ts'
import type { RoomCommand } from './rules/command.ts'
import { decideRoom } from './rules/decide.ts'
import { isPublicEvent, isTransition, type RoomEvent } from './rules/event.ts'
import { evolveRoom } from './rules/evolve.ts'
import { dueAt } from './rules/lifecycle.ts'
import type { OwnedRooms } from './rules/quota.ts'
import type { Membership, RoomFacts } from './rules/room.ts'
import { rooms } from './tables.ts'

interface State {
  readonly facts: RoomFacts | null
  /** Of the one who creates the room; undefined where no quota asks for it. */
  readonly owned: OwnedRooms | undefined
}

export const roomAggregate: Aggregate<RoomCommand, { readonly roomId: RoomId }, State, RoomEvent, RoomFacts> =
  {
    topicsBegunBy({ body }) {
      if (body.kind !== 'create' && body.kind !== 'open') return []
      const { id } = body
      const begun = [roomTopic(id), messagesTopic(id), roomLeaderboardTopic(id)]
      const isTradeRoom = body.kind === 'create' && body.roomKind === 'TRADE'
      return isTradeRoom ? [...begun, ordersTopic(id), positionsTopic(id)] : begun
    },

    async load(tx, { topic, commands }) {
      const userIds = [...actorsOf(commands), ...targetsOf(commands)]
      const facts = (await loadRoomFacts(tx, asRoomId(idOf(topic)), userIds)) ?? null
      return { facts, owned: facts === null ? await loadOwned(tx, commands) : undefined }
    },

    decide: ({ facts, owned }, { actor, body }, { now }) => decideRoom(facts, body, { now, actor, owned }),

    evolve: (state, event) => ({ ...state, facts: evolveRoom(state.facts, event) }),

    entryOf(event, { facts: after }) {
      if (!isPublicEvent(event) || after === null) return undefined
      const { memberCount } = after.room
      switch (event.type) {
        case 'MemberJoined': {
          const { user, role } = event
          const mutedUntil = after.memberships.get(user.id)?.mutedUntil ?? null
          return { type: event.type, data: { user, memberCount, role, mutedUntil } }
        }
        case 'MemberLeft':
          return { type: event.type, data: { user: event.user, memberCount } }
        case 'MemberRemoved':
          return { type: event.type, data: { user: event.user, memberCount, reason: event.reason } }
        case 'MemberRoleChanged':
          return { type: event.type, data: { user: event.user, role: event.role } }
        case 'MemberMuted':
          return {
            type: event.type,
            data: { user: event.user, until: event.until, mutedUntil: event.mutedUntil },
          }
        default:
          return { type: event.type, data: { room: after.room } }
      }
    },

    async save(tx, { topic, before: { facts: before }, after: { facts: after }, steps }) {
      if (after === null) return SAVED
      const { id, ...columns } = after.room
      if (before === null) await tx.insert(rooms).values(after.room)
      else if (before.room !== after.room) await tx.update(rooms).set(columns).where(eq(rooms.id, id))
      const changed = [...after.memberships.values()].filter(
        (membership) => before?.memberships.get(membership.user.id) !== membership,
      )
      await saveMemberships(tx, id, changed, new Set(steps.flatMap(({ event }) => joinedBy(event))))
      if (steps.some(({ event }) => isTransition(event))) await moveAuctions(tx, after.room)
      await moveDeadline(tx, topic, before === null ? null : dueAt(before.room), dueAt(after.room))
      return SAVED
    },

    viewOf({ facts: after }) {
      if (after === null) throw new RangeError('an accepted command leaves a room')
      return after
    },
  }

/** Of the actor of the first creation: of a room that does not exist yet one user alone knows the id. */
async function loadOwned(
  tx: Transaction,
  commands: readonly Command<RoomCommand>[],
): Promise<OwnedRooms | undefined> {
  for (const { actor, body } of commands) {
    if (body.kind !== 'create' || body.quota === undefined || actor.kind !== 'user') continue
    return countOwnedRooms(tx, actor.person.id)
  }
  return undefined
}

function targetsOf(commands: readonly Command<RoomCommand>[]): readonly string[] {
  return commands.flatMap(({ body }) => ('target' in body ? [body.target.id] : []))
}

/** Those to whom the event gives a membership, for the first time or again. */
function joinedBy(event: RoomEvent): readonly UserId[] {
  if (event.type === 'RoomCreated') return event.members.map(({ user }) => user.id)
  return event.type === 'MemberJoined' ? [event.user.id] : []
}

/**
 * Marks are another topic's: they are written here where a membership begins, at the head of the messages, and left alone
 * otherwise. No message comes between: the row of the room, which whoever joins has changed, keeps the messages waiting.
 */
async function saveMemberships(
  tx: Transaction,
  roomId: RoomId,
  memberships: readonly Membership[],
  joined: ReadonlySet<UserId>,
): Promise<void> {
  if (memberships.length === 0) return
  const rows = memberships.map(({ user, status, role, joinedAt, mutedUntil }) => ({
    u: user.id,
    n: user.name,
    s: status,
    r: role,
    j: formatInstant(joinedAt),
    m: mutedUntil === null ? null : formatInstant(mutedUntil),
    h: joined.has(user.id),
  }))
  await tx.execute(sql`
    INSERT INTO members (room_id, user_id, user_name, status, role, joined_at, muted_until, delivered_through, read_through)
    SELECT ${roomId}, u, n, s, r, j, m, mark, mark
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(u text, n text, s text, r text, j timestamptz, m timestamptz, h boolean),
      LATERAL (SELECT CASE WHEN h THEN (SELECT head FROM topics WHERE topic = ${messagesTopic(roomId)}) ELSE 0 END) AS marks(mark)
    ORDER BY u
    ON CONFLICT (room_id, user_id) DO UPDATE SET
      user_name = excluded.user_name, status = excluded.status, role = excluded.role,
      joined_at = excluded.joined_at, muted_until = excluded.muted_until,
      delivered_through = greatest(members.delivered_through, excluded.delivered_through),
      read_through = greatest(members.read_through, excluded.read_through)`)
}
