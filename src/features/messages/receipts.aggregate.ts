import { sql } from 'drizzle-orm'
import type { Aggregate } from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import { asUserId } from '../../engine/kernel/id.ts'
import { advance, asOffset, BEGINNING, type Offset } from '../../engine/kernel/position.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { actorsOf, loadRoomFacts } from '../rooms/facts.ts'
import { asRoomId, type RoomId } from '../rooms/ids.ts'
import type { Membership, Room, RoomFacts } from '../rooms/rules/room.ts'
import type { MessageHook } from './hooks.ts'
import type { ReceiptCommand, ReceiptReply } from './rules/receipts/command.ts'
import { decideReceipt } from './rules/receipts/decide.ts'
import type { ReceiptEvent } from './rules/receipts/event.ts'
import { evolveMarks } from './rules/receipts/evolve.ts'
import { type Marks, showsReceipts } from './rules/receipts/marks.ts'

interface State {
  readonly room: RoomFacts | null
  /** The members who send the commands. */
  readonly marks: ReadonlyMap<string, Marks>
  /** The offset of the last message at or before each offset that the commands name. */
  readonly lastMessages: ReadonlyMap<Offset, Offset>
}

/** A member right after their marks moved. */
export interface MarkedMember {
  readonly room: Room
  readonly membership: Membership
  readonly marks: Marks
}

/**
 * Read receipts: entries on the room's message topic, whose lock orders receipts and messages. Room commands write
 * marks only when a user joins, which changes the room's own row; that row stays locked while this runs.
 */
export const createReceiptsAggregate = (
  hooks: readonly MessageHook[],
): Aggregate<ReceiptCommand, ReceiptReply, State, ReceiptEvent, MarkedMember> => ({
  topicsBegunBy: () => [],

  async load(tx, { topic, commands }) {
    const roomId = asRoomId(idOf(topic))
    const actors = actorsOf(commands)
    const room = (await loadRoomFacts(tx, roomId, actors, 'share')) ?? null
    if (room === null) return { room, marks: new Map(), lastMessages: new Map() }
    const [marks, lastMessages] = await allSettled([
      lockMarks(tx, roomId, actors),
      showsReceipts(room.room) ? loadLastMessages(tx, roomId, commands) : new Map<Offset, Offset>(),
    ])
    return { room, marks, lastMessages }
  },

  decide(state, { actor, body }, { next }) {
    const marks = actor.kind === 'user' ? state.marks.get(actor.person.id) : undefined
    return decideReceipt(body, {
      actor,
      room: state.room,
      marks,
      head: advance(next, -1),
      lastMessageAt: (offset) => state.lastMessages.get(offset) ?? BEGINNING,
    })
  },

  evolve: (state, event) => ({ ...state, marks: evolveMarks(state.marks, event) }),

  entryOf({ type, user, deliveredThrough, readThrough, isShown }) {
    return isShown ? { type, data: { user, deliveredThrough, readThrough } } : undefined
  },

  async save(tx, { topic, now, before, after }) {
    const moved = [...after.marks].filter(([userId, marks]) => before.marks.get(userId) !== marks)
    const rows = moved.map(([u, { deliveredThrough, readThrough }]) => ({
      u,
      d: deliveredThrough,
      r: readThrough,
    }))
    const read = moved.flatMap(([userId, { readThrough }]) =>
      before.marks.get(userId)?.readThrough === readThrough
        ? []
        : [{ userId: asUserId(userId), readThrough }],
    )
    const written = tx.execute(sql`
      UPDATE members SET delivered_through = d, read_through = r
      FROM json_to_recordset(${JSON.stringify(rows)}::json) AS moved(u text, d bigint, r bigint)
      WHERE room_id = ${idOf(topic)} AND user_id = u`)
    const [elsewhere] = await allSettled([
      allSettled(hooks.map((hook) => hook.onRead?.(tx, asRoomId(idOf(topic)), read, now) ?? [])),
      written,
    ])
    return { elsewhere: elsewhere.flat(), cached: undefined }
  },

  viewOf({ room, marks }, { userId }) {
    const membership = room?.memberships.get(userId)
    const own = marks.get(userId)
    if (room === null || membership === undefined || own === undefined) {
      throw new RangeError('an accepted command comes from a member')
    }
    return { room: room.room, membership, marks: own }
  },
})

/** In the order of ids, as room commands write them, which rules out deadlocks. */
async function lockMarks(
  tx: Transaction,
  roomId: RoomId,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, Marks>> {
  const { rows } = await tx.execute<{ user_id: string; delivered: string; read: string }>(sql`
    SELECT user_id, delivered_through AS delivered, read_through AS read FROM members
    WHERE room_id = ${roomId} AND user_id = ANY(${sql.param(userIds)}::text[]) AND status = 'member'
    ORDER BY user_id FOR NO KEY UPDATE`)
  return new Map(
    rows.map(({ user_id, delivered, read }) => [
      user_id,
      { deliveredThrough: asOffset(Number(delivered)), readThrough: asOffset(Number(read)) },
    ]),
  )
}

async function loadLastMessages(
  tx: Transaction,
  roomId: RoomId,
  commands: readonly Command<ReceiptCommand>[],
): Promise<ReadonlyMap<Offset, Offset>> {
  const named = commands.flatMap(({ body }) => [body.deliveredThrough ?? [], body.readThrough ?? []].flat())
  const { rows } = await tx.execute<{ named: string; last: string | null }>(sql`
    SELECT named, (SELECT max("offset") FROM messages WHERE room_id = ${roomId} AND "offset" <= named) AS last
    FROM unnest(${sql.param([...new Set(named)])}::bigint[]) AS named`)
  return new Map(rows.map(({ named, last }) => [asOffset(Number(named)), asOffset(Number(last ?? 0))]))
}
