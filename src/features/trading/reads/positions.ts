import { and, type Column, desc, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Position as TopicPosition } from '../../../engine/kernel/position.ts'
import type { Database, Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { users } from '../../users/tables.ts'
import { portfolioFrom, positionFrom } from '../rows.ts'
import type { Holding, PositionReply } from '../rules/command.ts'
import { type Portfolio, type Position, positionOf } from '../rules/position.ts'
import { portfolios, positions } from '../tables.ts'
import { positionsTopic } from '../topics.ts'
import type { TradeScope } from './trade-facts.ts'

/**
 * The last `most` of a room's positions within `scope`: open ones before closed ones, which still show realised
 * profit; latest change first within each group.
 */
export async function readPositions(
  executor: Executor,
  roomId: RoomId,
  scope: TradeScope,
  most: number,
): Promise<readonly Position[]> {
  const rows = await executor
    .select({ position: getTableColumns(positions), name: users.name })
    .from(positions)
    .leftJoin(users, eq(users.id, positions.userId))
    .where(and(eq(positions.roomId, roomId), scope(positions.userId)))
    .orderBy(sql`${positions.quantity} = 0`, desc(positions.updatedAt), positions.userId, positions.symbol)
    .limit(most)
  return rows.map(({ position, name }) => {
    return positionOf(positionFrom({ ...position, userName: name ?? position.userName }))
  })
}

/** The last `most` of a room's portfolios within `scope`, latest change first. */
export async function readPortfolios(
  executor: Executor,
  roomId: RoomId,
  scope: TradeScope,
  most: number,
): Promise<readonly Portfolio[]> {
  const rows = await executor
    .select({ portfolio: getTableColumns(portfolios), name: users.name })
    .from(portfolios)
    .leftJoin(users, eq(users.id, portfolios.userId))
    .where(and(eq(portfolios.roomId, roomId), scope(portfolios.userId)))
    .orderBy(desc(portfolios.updatedAt), portfolios.userId)
    .limit(most)
  return rows.map(({ portfolio, name }) => {
    return portfolioFrom({ ...portfolio, userName: name ?? portfolio.userName })
  })
}

/** The current state of a report's subject: a position if it names a symbol, else the user's portfolio. */
export async function readHolding(
  executor: Executor,
  roomId: RoomId,
  { userId, symbol }: Pick<PositionReply, 'userId' | 'symbol'>,
): Promise<Holding | undefined> {
  if (symbol === null) {
    const isOwn = (id: Column): SQL => eq(id, userId)
    const [portfolio] = await readPortfolios(executor, roomId, isOwn, 1)
    return portfolio && { kind: 'portfolio', portfolio }
  }
  const isNamed = (id: Column): SQL | undefined => and(eq(id, userId), eq(positions.symbol, symbol))
  const [position] = await readPositions(executor, roomId, isNamed, 1)
  return position && { kind: 'position', position }
}

/** Positions and portfolios with the history position that includes them, all consistent. */
export async function readHoldings(
  database: Database,
  roomId: RoomId,
  scope: TradeScope,
  most: number,
): Promise<{
  readonly position: TopicPosition
  readonly at: Instant
  readonly positions: readonly Position[]
  readonly portfolios: readonly Portfolio[]
}> {
  const topic = positionsTopic(roomId)
  return database.snapshot(async (tx) => {
    const [[head], found, portfolios] = await Promise.all([
      tx
        .select({ epoch: topics.epoch, offset: topics.head, at: clock })
        .from(topics)
        .where(eq(topics.topic, topic)),
      readPositions(tx, roomId, scope, most),
      readPortfolios(tx, roomId, scope, most),
    ])
    if (head === undefined) throw new Error(`${topic} has no history`)
    const { at, ...position } = head
    return { position, at, positions: found, portfolios }
  })
}
