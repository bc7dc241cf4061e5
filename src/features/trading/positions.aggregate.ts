import { and, eq, sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import type { Reported } from '../../engine/commands/report.ts'
import { loadReportTimes, saveReportTimes } from '../../engine/commands/report-times.ts'
import type { Draft } from '../../engine/history/append.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { isStorable } from '../../engine/kernel/text.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { actorsOf, loadRoomFacts } from '../rooms/facts.ts'
import { asRoomId, type RoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { portfolioFrom, positionFrom } from './rows.ts'
import type { Holding, PositionCommand, PositionReply } from './rules/command.ts'
import { decidePosition } from './rules/decide.ts'
import type { PositionEvent } from './rules/event.ts'
import { evolvePositions, type Holdings } from './rules/evolve.ts'
import {
  type Portfolio,
  type PositionState,
  type Positions,
  portfolioKey,
  positionKey,
  positionOf,
} from './rules/position.ts'
import { storedSymbol } from './rules/validate.ts'
import { portfolios, positions } from './tables.ts'
import { ensureTraders, loadTraders, type Traders, traderIn } from './traders.ts'

interface State extends Holdings {
  readonly room: RoomFacts | undefined
  readonly traders: Traders
}

/** Position and portfolio reports of a room. A room may predate its positions. */
export const positionsAggregate: Aggregate<PositionCommand, PositionReply, State, PositionEvent, Holding> = {
  topicsBegunBy: ({ topic }) => [topic],

  async load(tx, { topic, commands }) {
    const roomId = asRoomId(idOf(topic))
    const named = commands.map(({ body }) => body.userId)
    const held = commands.flatMap(({ body }) => (body.kind === 'reportPosition' ? [body] : []))
    const [room, traders, positions, portfolios, times] = await allSettled([
      loadRoomFacts(tx, roomId, actorsOf(commands)),
      loadTraders(tx, named),
      loadPositions(tx, roomId, held),
      loadPortfolios(tx, roomId, named),
      loadReportTimes(tx, topic, commands.flatMap(subjectsOf)),
    ])
    return { room, traders, positions, portfolios, times }
  },

  decide(state, { actor, body }, { now }) {
    return decidePosition(body, { ...state, now, actor, user: traderIn(state.traders, body.userId) })
  },

  evolve: evolvePositions,

  entryOf: (event) => (event.type === 'Reported' ? undefined : entryOfPosition(event)),

  async save(tx, { topic, steps, after: { traders, times } }) {
    const events = steps.map(({ event }) => event)
    const moved = events.flatMap((event) => ('position' in event ? [event.position] : []))
    const portfolios = events.flatMap((event) => (event.type === 'PortfolioUpdated' ? [event.portfolio] : []))
    await allSettled([
      savePositions(tx, moved),
      savePortfolios(tx, portfolios),
      saveReportTimes(
        tx,
        topic,
        events.filter((event) => event.type === 'Reported'),
        times,
      ),
      ensureTraders(
        tx,
        traders,
        [...moved, ...portfolios].map(({ user }) => user.id),
      ),
    ])
    return SAVED
  },

  viewOf({ positions, portfolios }, { userId, symbol }) {
    const position = symbol === null ? undefined : positions.get(positionKey(userId, symbol))
    if (position !== undefined) return { kind: 'position', position: positionOf(position) }
    const portfolio = portfolios.get(userId)
    if (portfolio === undefined) throw new RangeError('an accepted report names its subject')
    return { kind: 'portfolio', portfolio }
  },
}

/** Converts an event to an entry in the history of the room's positions. */
export function entryOfPosition(event: Exclude<PositionEvent, Reported>): Draft {
  const { type } = event
  return event.type === 'PortfolioUpdated'
    ? { type, data: { portfolio: event.portfolio } }
    : { type, data: { position: positionOf(event.position) } }
}

/** The subject of a report, as `report_times` names it. */
function subjectsOf({ body }: Command<PositionCommand>): readonly string[] {
  if (body.kind === 'reportPortfolio') return [portfolioKey(body.userId)]
  const symbol = storedSymbol(body.symbol)
  return symbol === undefined ? [] : [positionKey(body.userId, symbol)]
}

/** The named positions of the room. Their topic must be locked. */
export async function loadPositions(
  tx: Transaction,
  roomId: RoomId,
  named: readonly { readonly userId: UserId; readonly symbol: string }[],
): Promise<Positions> {
  const keys = named.flatMap(({ userId, symbol: given }) => {
    const symbol = storedSymbol(given)
    return symbol === undefined || !isStorable(userId) ? [] : [{ userId, symbol }]
  })
  if (keys.length === 0) return new Map()
  const userIds = sql.param(keys.map(({ userId }) => userId))
  const symbols = sql.param(keys.map(({ symbol }) => symbol))
  const rows = await tx
    .select()
    .from(positions)
    .where(
      and(
        eq(positions.roomId, roomId),
        sql`(${positions.userId}, ${positions.symbol}) IN (
          SELECT * FROM unnest(${userIds}::text[], ${symbols}::text[]))`,
      ),
    )
  return new Map(rows.map((row) => [positionKey(row.userId, row.symbol), positionFrom(row)]))
}

/** Writes the latest state of each position. */
export async function savePositions(tx: Transaction, moved: readonly PositionState[]): Promise<void> {
  const last = new Map(moved.map((position) => [positionKey(position.user.id, position.symbol), position]))
  if (last.size === 0) return
  const rows = [...last.values()].map(({ roomId, user, symbol, quantity, cost, ...rest }) => ({
    ...{ r: roomId, u: user.id, n: user.name, s: symbol, q: quantity, c: cost?.toString() ?? null },
    ...{ m: rest.markPrice, p: rest.realizedPnl, t: formatInstant(rest.updatedAt) },
  }))
  await tx.execute(sql`
    INSERT INTO positions (room_id, user_id, user_name, symbol, quantity, cost, mark_price, realized_pnl, updated_at)
    SELECT r, u, n, s, q, c, m, p, t
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(r text, u text, n text, s text, q bigint, c numeric, m bigint, p bigint, t timestamptz)
    ON CONFLICT (room_id, user_id, symbol) DO UPDATE SET
      user_name = excluded.user_name, quantity = excluded.quantity, cost = excluded.cost,
      mark_price = excluded.mark_price, realized_pnl = excluded.realized_pnl, updated_at = excluded.updated_at`)
}

async function loadPortfolios(
  tx: Transaction,
  roomId: RoomId,
  userIds: readonly UserId[],
): Promise<ReadonlyMap<UserId, Portfolio>> {
  const wanted = sql.param(userIds.filter(isStorable))
  const rows = await tx
    .select()
    .from(portfolios)
    .where(and(eq(portfolios.roomId, roomId), sql`${portfolios.userId} = ANY(${wanted}::text[])`))
  return new Map(rows.map((row) => [row.userId, portfolioFrom(row)]))
}

async function savePortfolios(tx: Transaction, portfolios: readonly Portfolio[]): Promise<void> {
  const last = new Map(portfolios.map((portfolio) => [portfolio.user.id, portfolio]))
  if (last.size === 0) return
  const rows = [...last.values()].map(({ roomId, user, cash, equity, ...rest }) => ({
    ...{ r: roomId, u: user.id, n: user.name, c: cash, e: equity },
    ...{ p: rest.realizedPnl, q: rest.unrealizedPnl, t: formatInstant(rest.updatedAt) },
  }))
  await tx.execute(sql`
    INSERT INTO portfolios (room_id, user_id, user_name, cash, equity, realized_pnl, unrealized_pnl, updated_at)
    SELECT r, u, n, c, e, p, q, t
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(r text, u text, n text, c bigint, e bigint, p bigint, q bigint, t timestamptz)
    ON CONFLICT (room_id, user_id) DO UPDATE SET
      user_name = excluded.user_name, cash = excluded.cash, equity = excluded.equity,
      realized_pnl = excluded.realized_pnl, unrealized_pnl = excluded.unrealized_pnl, updated_at = excluded.updated_at`)
}
