import { eq, sql } from 'drizzle-orm'
import type { RoomCommand } from '../../domain/room/command.ts'
import { decideRoom } from '../../domain/room/decide.ts'
import { isPublicEvent, type RoomEvent } from '../../domain/room/event.ts'
import { evolveRoom } from '../../domain/room/evolve.ts'
import { dueAt } from '../../domain/room/lifecycle.ts'
import type { Membership, RoomFacts } from '../../domain/room/room.ts'
import { asRoomId, type RoomId } from '../../kernel/id.ts'
import { idOf, messagesTopic, roomLeaderboardTopic, roomTopic } from '../../kernel/topic.ts'
import type { Transaction } from '../../log/database.ts'
import { members, rooms } from '../../log/schema.ts'
import type { Aggregate } from '../aggregate.ts'
import type { Command } from '../commands.ts'
import { moveDeadline } from './deadline.ts'
import { actorsOf, loadRoomFacts } from './room-facts.ts'

export const roomAggregate: Aggregate<
  RoomCommand,
  { readonly roomId: RoomId },
  RoomFacts | null,
  RoomEvent,
  RoomFacts
> = {
  topicsBegunBy: ({ body }) =>
    body.kind === 'create' ? [roomTopic(body.id), messagesTopic(body.id), roomLeaderboardTopic(body.id)] : [],

  async load(tx, topic, commands) {
    const userIds = [...actorsOf(commands), ...targetsOf(commands)]
    return (await loadRoomFacts(tx, asRoomId(idOf(topic)), userIds)) ?? null
  },

  decide: (state, { actor, body }, { now }) => decideRoom(state, body, { now, actor }),

  evolve: evolveRoom,

  entryOf(event, after) {
    if (!isPublicEvent(event) || after === null) return undefined
    const { memberCount } = after.room
    switch (event.type) {
      case 'MemberJoined':
      case 'MemberLeft':
        return { type: event.type, data: { user: event.user, memberCount } }
      case 'MemberRemoved':
        return { type: event.type, data: { user: event.user, memberCount, reason: event.reason } }
      case 'MemberMuted':
        return { type: event.type, data: { user: event.user, until: event.until } }
      default:
        return { type: event.type, data: { room: after.room } }
    }
  },

  async save(tx, { topic, before, after, steps }) {
    if (after === null) return []
    const { id, ...columns } = after.room
    if (before === null) await tx.insert(rooms).values(after.room)
    else if (before.room !== after.room) await tx.update(rooms).set(columns).where(eq(rooms.id, id))
    const changed = [...after.memberships.values()].filter(
      (membership) => before?.memberships.get(membership.user.id) !== membership,
    )
    for (const membership of changed) await saveMembership(tx, id, membership)
    if (steps.some(({ event }) => event.type === 'RoomEnded')) await makeAuctionsDue(tx, id)
    await moveDeadline(tx, topic, before === null ? null : dueAt(before.room), dueAt(after.room))
    return []
  },

  viewOf(after) {
    if (after === null) throw new RangeError('an accepted command leaves a room')
    return after
  },
}

function targetsOf(commands: readonly Command<RoomCommand>[]): readonly string[] {
  return commands.flatMap(({ body }) => ('target' in body ? [body.target.id] : []))
}

/**
 * The room's auctions end with it: the scheduler looks at them at once, and they find the room ended. The row locks of
 * the room and of its auctions keep out an auction that would be opened or extended meanwhile.
 */
async function makeAuctionsDue(tx: Transaction, roomId: RoomId): Promise<void> {
  await tx.execute(sql`
    INSERT INTO deadlines (topic, due_at)
    SELECT 'auction:' || id, clock_timestamp() FROM auctions
    WHERE room_id = ${roomId} AND phase IN ('SCHEDULED', 'LIVE', 'PAUSED')
    ON CONFLICT (topic) DO UPDATE SET due_at = excluded.due_at`)
}

async function saveMembership(tx: Transaction, roomId: RoomId, membership: Membership): Promise<void> {
  const { user, status, role, joinedAt, mutedUntil } = membership
  const changing = { userName: user.name, status, role, joinedAt, mutedUntil }
  await tx
    .insert(members)
    .values({ roomId, userId: user.id, ...changing })
    .onConflictDoUpdate({ target: [members.roomId, members.userId], set: changing })
}
