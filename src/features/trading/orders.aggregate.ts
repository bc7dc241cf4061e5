import { and, eq, sql } from 'drizzle-orm'
import type { Aggregate, AggregateChange, RecordedEvent } from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import { appendEntries } from '../../engine/history/append.ts'
import type { Entry } from '../../engine/history/entry.ts'
import { formatInstant, type Instant, instant } from '../../engine/kernel/instant.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { actorsOf, loadRoomFacts } from '../rooms/facts.ts'
import { asRoomId, type RoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { entryOfPosition, loadPositions, savePositions } from './positions.aggregate.ts'
import { orderFrom } from './rows.ts'
import type { OrderCommand, OrderReply } from './rules/command.ts'
import { decideOrder } from './rules/decide.ts'
import type { OrderEvent } from './rules/event.ts'
import { evolveOrders, type OrderBook } from './rules/evolve.ts'
import { type Order, type OrderState, orderOf } from './rules/order.ts'
import { executions, orders } from './tables.ts'
import { positionsTopic } from './topics.ts'
import { ensureTraders, loadTraders, type Traders, traderIn } from './traders.ts'

interface State extends OrderBook {
  readonly room: RoomFacts | undefined
  readonly traders: Traders
  /** When the positions last moved; undefined if no loaded command can move one. */
  readonly positionsWrittenAt: Instant | undefined
}

type Commands = readonly Command<OrderCommand>[]

/**
 * Order reports of a room. A fill moves a position in the same transaction: every transaction that locks both locks
 * the room's orders before its positions. A room may predate its orders.
 */
export const ordersAggregate: Aggregate<OrderCommand, OrderReply, State, OrderEvent, Order> = {
  topicsBegunBy: ({ topic }) => [topic, positionsTopic(roomOf(topic))],

  async load(tx, { topic, commands }) {
    const roomId = roomOf(topic)
    const fills = commands.filter(({ body }) => body.executionType === 'TRADE')
    const [room, traders, orders, executions, positionsWrittenAt] = await allSettled([
      loadRoomFacts(tx, roomId, actorsOf(commands)),
      loadTraders(
        tx,
        commands.map(({ body }) => body.userId),
      ),
      loadOrders(tx, roomId, commands),
      loadExecutions(tx, roomId, commands),
      fills.length === 0 ? undefined : lockPositions(tx, roomId),
    ])
    const filled = fills.map(({ body }) => body)
    const positions = await loadPositions(tx, roomId, filled)
    return { room, traders, orders, executions, positions, positionsWrittenAt }
  },

  decide(state, { actor, body }, { now, next }) {
    const { positionsWrittenAt = now } = state
    const isBehind = now < positionsWrittenAt
    return decideOrder(body, {
      ...state,
      now,
      actor,
      user: traderIn(state.traders, body.userId),
      order: state.orders.get(body.orderId),
      reported: state.executions.get(body.executionId),
      offset: next,
      movedAt: isBehind ? positionsWrittenAt : now,
    })
  },

  evolve: (state, event, { next }) => evolveOrders(state, event, next),

  entryOf(event) {
    const order = orderOf(event.order)
    if (event.type !== 'OrderExecuted') return { type: event.type, data: { order } }
    const { type, execution, lastQuantity, lastPrice } = event
    return { type, data: { order, executionId: execution.id, lastQuantity, lastPrice } }
  },

  async save(tx, change) {
    const { steps, after } = change
    const [elsewhere] = await allSettled([
      saveFills(tx, change),
      saveOrders(
        tx,
        steps.map(({ event }) => event.order),
      ),
      saveExecutions(tx, roomOf(change.topic), steps),
      ensureTraders(
        tx,
        after.traders,
        steps.map(({ event }) => event.order.user.id),
      ),
    ])
    return { elsewhere, cached: undefined }
  },

  viewOf(after, { orderId }) {
    const order = after.orders.get(orderId)
    if (order === undefined) throw new RangeError('an accepted report names an order')
    return orderOf(order)
  },
}

function roomOf(topic: Topic): RoomId {
  return asRoomId(idOf(topic))
}

async function loadOrders(tx: Transaction, roomId: RoomId, commands: Commands): Promise<State['orders']> {
  const wanted = sql.param(commands.map(({ body }) => body.orderId))
  const rows = await tx
    .select()
    .from(orders)
    .where(and(eq(orders.roomId, roomId), sql`${orders.id} = ANY(${wanted}::text[])`))
  return new Map(rows.map((row) => [row.id, orderFrom(row)]))
}

async function loadExecutions(
  tx: Transaction,
  roomId: RoomId,
  commands: Commands,
): Promise<State['executions']> {
  const wanted = sql.param(commands.map(({ body }) => body.executionId))
  const rows = await tx
    .select()
    .from(executions)
    .where(and(eq(executions.roomId, roomId), sql`${executions.id} = ANY(${wanted}::text[])`))
  return new Map(rows.map(({ id, fingerprint, offset }) => [id, { id, fingerprint, offset }]))
}

/** Locks the room's positions until the transaction ends, and returns when they were last written. */
async function lockPositions(tx: Transaction, roomId: RoomId): Promise<Instant> {
  const { rows } = await tx.execute<{ at: number }>(sql`
    SELECT (extract(epoch FROM written_at) * 1000)::float8 AS at FROM topics
    WHERE topic = ${positionsTopic(roomId)} FOR UPDATE`)
  return instant(rows[0]?.at ?? 0)
}

/** The positions after the fills, with one entry of the room's positions per fill. */
async function saveFills(
  tx: Transaction,
  { topic, now, steps }: AggregateChange<State, OrderEvent>,
): Promise<readonly Entry[]> {
  const fills = steps.flatMap(({ event, actor }) => {
    if (event.type !== 'OrderExecuted') return []
    return [{ moved: event.moved, actorId: actor.kind === 'user' ? actor.person.id : null }]
  })
  if (fills.length === 0) return []
  const drafts = fills.map(({ moved, actorId }) => ({ ...entryOfPosition(moved), actorId }))
  const [entries] = await allSettled([
    appendEntries(tx, positionsTopic(roomOf(topic)), drafts, now, null),
    savePositions(
      tx,
      fills.map(({ moved }) => moved.position),
    ),
  ])
  return entries
}

/** Writes the latest state of each order. */
async function saveOrders(tx: Transaction, reported: readonly OrderState[]): Promise<void> {
  const last = new Map(reported.map((order) => [order.id, order]))
  const rows = [...last.values()].map((order) => ({
    ...{ r: order.roomId, i: order.id, u: order.user.id, n: order.user.name, s: order.symbol },
    ...{ d: order.side, y: order.type, a: order.status, q: order.quantity, f: order.filledQuantity },
    ...{ l: order.leavesQuantity, p: order.limitPrice, c: order.filledCost.toString() },
    ...{ e: order.rejectionReason, t: formatInstant(order.updatedAt) },
  }))
  await tx.execute(sql`
    INSERT INTO orders (room_id, id, user_id, user_name, symbol, side, type, status, quantity, filled_quantity,
      leaves_quantity, limit_price, filled_cost, rejection_reason, updated_at)
    SELECT r, i, u, n, s, d, y, a, q, f, l, p, c, e, t
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(r text, i text, u text, n text, s text, d text, y text, a text, q bigint, f bigint, l bigint, p bigint,
        c numeric, e text, t timestamptz)
    ON CONFLICT (id, room_id) DO UPDATE SET
      user_name = excluded.user_name, status = excluded.status, quantity = excluded.quantity,
      filled_quantity = excluded.filled_quantity, leaves_quantity = excluded.leaves_quantity,
      limit_price = excluded.limit_price, filled_cost = excluded.filled_cost,
      rejection_reason = excluded.rejection_reason, updated_at = excluded.updated_at`)
}

async function saveExecutions(
  tx: Transaction,
  roomId: RoomId,
  steps: readonly RecordedEvent<OrderEvent>[],
): Promise<void> {
  const rows = steps.map(({ event: { execution, order }, offset }) => {
    return { i: execution.id, d: order.id, f: execution.fingerprint, o: offset }
  })
  await tx.execute(sql`
    INSERT INTO executions (room_id, id, order_id, fingerprint, "offset")
    SELECT ${roomId}, i, d, f, o
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS row(i text, d text, f text, o bigint)`)
}
