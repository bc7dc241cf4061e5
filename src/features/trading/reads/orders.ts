import { and, desc, eq, getTableColumns, inArray } from 'drizzle-orm'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { visibleTo } from '../../rooms/reads/visible.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import { members, rooms } from '../../rooms/tables.ts'
import { users } from '../../users/tables.ts'
import type { OrderId } from '../ids.ts'
import { orderFrom } from '../rows.ts'
import { canSeeTrades } from '../rules/access.ts'
import { OPEN_STATUSES, type Order, orderOf } from '../rules/order.ts'
import { orders } from '../tables.ts'
import { ordersTopic } from '../topics.ts'
import { factsFrom, isPlaceOf, type TradeScope } from './trade-facts.ts'

/** The last `most` of a room's orders within `scope`, of any status, latest change first. */
export async function readOrders(
  executor: Executor,
  roomId: RoomId,
  scope: TradeScope,
  most: number,
): Promise<readonly Order[]> {
  const rows = await executor
    .select({ order: getTableColumns(orders), name: users.name })
    .from(orders)
    .leftJoin(users, eq(users.id, orders.userId))
    .where(and(eq(orders.roomId, roomId), scope(orders.userId)))
    .orderBy(desc(orders.updatedAt), orders.id)
    .limit(most)
  return rows.map(shown)
}

/** The last `most` open ones, and the position that includes them, read in one statement and therefore consistent. */
export async function readOpenOrders(
  executor: Executor,
  roomId: RoomId,
  scope: TradeScope,
  most: number,
): Promise<{ readonly position: Position; readonly at: Instant; readonly open: readonly Order[] }> {
  const topic = ordersTopic(roomId)
  const last = executor
    .select(getTableColumns(orders))
    .from(orders)
    .where(and(eq(orders.roomId, roomId), inArray(orders.status, [...OPEN_STATUSES]), scope(orders.userId)))
    .orderBy(desc(orders.updatedAt), orders.id)
    .limit(most)
    .as('last')
  const rows = await executor
    .select({
      ...{ epoch: topics.epoch, offset: topics.head, at: clock },
      ...{ order: last._.selectedFields, name: users.name },
    })
    .from(topics)
    .leftJoin(last, eq(topics.topic, topic))
    .leftJoin(users, eq(users.id, last.userId))
    .where(eq(topics.topic, topic))
    .orderBy(desc(last.updatedAt), last.id)
  const [head] = rows
  if (head === undefined) throw new Error(`${topic} has no history`)
  const open = rows.flatMap(({ order, name }) => (order === null ? [] : [shown({ order, name })]))
  return { position: { epoch: head.epoch, offset: head.offset }, at: head.at, open }
}

/** The order with number `id` in a room; undefined if it does not exist or is not disclosed to `caller`. */
export async function readOrder(
  executor: Executor,
  { roomId, id }: { readonly roomId: RoomId; readonly id: OrderId },
  caller: Caller,
): Promise<Order | undefined> {
  if (caller?.kind !== 'user') return undefined
  const [found] = await executor
    .select({ order: getTableColumns(orders), name: users.name, room: rooms, member: members })
    .from(orders)
    .innerJoin(rooms, eq(rooms.id, orders.roomId))
    .leftJoin(members, isPlaceOf(caller))
    .leftJoin(users, eq(users.id, orders.userId))
    .where(and(eq(orders.roomId, roomId), eq(orders.id, id), visibleTo(caller)))
  if (found === undefined) return undefined
  const { order, room, member } = found
  return canSeeTrades(caller, factsFrom(room, member), order.userId) ? shown(found) : undefined
}

interface Row {
  readonly order: typeof orders.$inferSelect
  /** The user's current name. */
  readonly name: string | null
}

function shown({ order, name }: Row): Order {
  return orderOf(orderFrom({ ...order, userName: name ?? order.userName }))
}
