import { eq, sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import { moveDeadline } from '../../engine/commands/deadline.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { actorsOf, loadRoomFacts } from './facts.ts'
import type { RoomHook } from './hooks.ts'
import { asRoomId, type RoomId } from './ids.ts'
import { countOwnedRooms } from './quotas.ts'
import type { RoomCommand } from './rules/command.ts'
import { decideRoom } from './rules/decide.ts'
import { isPublicEvent, isTransition, type RoomEvent } from './rules/event.ts'
import { evolveRoom } from './rules/evolve.ts'
import { dueAt } from './rules/lifecycle.ts'
import type { OwnedRooms } from './rules/quota.ts'
import type { Membership, Room, RoomFacts } from './rules/room.ts'
import { rooms } from './tables.ts'
import { roomTopic } from './topics.ts'

interface State {
  readonly facts: RoomFacts | null
  /** The rooms of the creating user; undefined if no quota requires them. */
  readonly owned: OwnedRooms | undefined
}

export function createRoomAggregate(
  hooks: readonly RoomHook[],
): Aggregate<RoomCommand, { readonly roomId: RoomId }, State, RoomEvent, RoomFacts> {
  return {
    topicsBegunBy({ body }) {
      if (body.kind !== 'create' && body.kind !== 'open') return []
      const room = { id: body.id, kind: body.kind === 'create' ? body.roomKind : 'DIRECT' } as const
      return topicsOfRoom(hooks, room)
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

    async save(tx, { topic, now, before: { facts: before }, after: { facts: after }, steps }) {
      if (after === null) return SAVED
      const { id, ...columns } = after.room
      if (before === null) await tx.insert(rooms).values(after.room)
      else if (before.room !== after.room) await tx.update(rooms).set(columns).where(eq(rooms.id, id))
      const changed = [...after.memberships.values()].filter(
        (membership) => before?.memberships.get(membership.user.id) !== membership,
      )
      const joined = [...new Set(steps.flatMap(({ event }) => joinedBy(event)))]
      await saveMemberships(tx, id, changed)
      const elsewhere = await allSettled(
        joined.length === 0 ? [] : hooks.map((hook) => hook.onJoin?.(tx, id, joined, now) ?? []),
      )
      if (steps.some(({ event }) => isTransition(event))) {
        await allSettled(hooks.map((hook) => hook.onTransition?.(tx, after.room)))
      }
      await moveDeadline(tx, topic, before === null ? null : dueAt(before.room), dueAt(after.room))
      return { elsewhere: elsewhere.flat(), cached: undefined }
    },

    viewOf({ facts: after }) {
      if (after === null) throw new RangeError('an accepted command leaves a room')
      return after
    },
  }
}

/** Topics to create together with a room: its own, and those of the features that build on rooms. */
export function topicsOfRoom(hooks: readonly RoomHook[], room: Pick<Room, 'id' | 'kind'>): readonly Topic[] {
  return [roomTopic(room.id), ...hooks.flatMap((hook) => hook.topicsOf?.(room) ?? [])]
}

/** The actor of the first creation: only one user knows the id of a room that does not exist yet. */
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

/** The users who become members through the event, for the first time or again. */
function joinedBy(event: RoomEvent): readonly UserId[] {
  if (event.type === 'RoomCreated') return event.members.map(({ user }) => user.id)
  return event.type === 'MemberJoined' ? [event.user.id] : []
}

async function saveMemberships(
  tx: Transaction,
  roomId: RoomId,
  memberships: readonly Membership[],
): Promise<void> {
  if (memberships.length === 0) return
  const rows = memberships.map(({ user, status, role, joinedAt, mutedUntil }) => ({
    u: user.id,
    n: user.name,
    s: status,
    r: role,
    j: formatInstant(joinedAt),
    m: mutedUntil === null ? null : formatInstant(mutedUntil),
  }))
  await tx.execute(sql`
    INSERT INTO members (room_id, user_id, user_name, status, role, joined_at, muted_until)
    SELECT ${roomId}, u, n, s, r, j, m
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(u text, n text, s text, r text, j timestamptz, m timestamptz)
    ORDER BY u
    ON CONFLICT (room_id, user_id) DO UPDATE SET
      user_name = excluded.user_name, status = excluded.status, role = excluded.role,
      joined_at = excluded.joined_at, muted_until = excluded.muted_until`)
}
