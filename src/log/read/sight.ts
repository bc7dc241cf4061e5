import { sql } from 'drizzle-orm'
import { type Caller, canSeeRoom } from '../../domain/room/access.ts'
import type { Room } from '../../domain/room/room.ts'
import type { AuctionId, RoomId } from '../../kernel/id.ts'
import type { Executor } from '../database.ts'
import { auctions, members, rooms } from '../schema.ts'

/** Somebody who looks for a room. */
export interface RoomSight {
  readonly roomId: RoomId
  readonly caller: Caller
}

/** Somebody who looks for an auction. */
export interface AuctionSight {
  readonly auctionId: AuctionId
  readonly caller: Caller
}

type Row = {
  /** Which of those who look, from 1. */
  readonly number: string
  readonly id: RoomId
  readonly kind: Room['kind']
  readonly visibility: Room['visibility']
  readonly isMember: boolean
}

/** For each, in one statement and so of one moment, whether there is such a room for that caller. */
export async function readRoomSights(
  executor: Executor,
  sights: readonly RoomSight[],
): Promise<readonly boolean[]> {
  const wanted = sights.map(({ roomId }) => roomId)
  const found = await executor.execute<Row>(sql`
    SELECT ${COLUMNS} FROM ${lookers(wanted, sights)} JOIN rooms ON ${rooms.id} = looker.wanted ${MEMBERSHIP}`)
  const seen = roomsSeen(found.rows, sights)
  return sights.map((_, index) => seen.has(index))
}

/** For each the room of the auction; undefined where there is no such auction for that caller. */
export async function readAuctionSights(
  executor: Executor,
  sights: readonly AuctionSight[],
): Promise<readonly (RoomId | undefined)[]> {
  const wanted = sights.map(({ auctionId }) => auctionId)
  const found = await executor.execute<Row>(sql`
    SELECT ${COLUMNS} FROM ${lookers(wanted, sights)} JOIN auctions ON ${auctions.id} = looker.wanted
    JOIN rooms ON ${rooms.id} = ${auctions.roomId} ${MEMBERSHIP}`)
  const seen = roomsSeen(found.rows, sights)
  return sights.map((_, index) => seen.get(index))
}

const COLUMNS = sql`looker.number, ${rooms.id} AS id, ${rooms.kind} AS kind, ${rooms.visibility} AS visibility,
  ${members.userId} IS NOT NULL AS "isMember"`

const MEMBERSHIP = sql`LEFT JOIN members ON ${members.roomId} = ${rooms.id}
  AND ${members.userId} = looker.user_id AND ${members.status} = 'member'`

function lookers(wanted: readonly string[], sights: readonly { readonly caller: Caller }[]) {
  const users = sights.map(({ caller }) =>
    caller === null || caller.kind === 'system' ? null : caller.person.id,
  )
  return sql`unnest(${sql.param(wanted)}::text[], ${sql.param(users)}::text[])
    WITH ORDINALITY AS looker(wanted, user_id, number)`
}

/** By the index of who looks: the room that was found, where they may see it. */
function roomsSeen(
  rows: readonly Row[],
  sights: readonly { readonly caller: Caller }[],
): ReadonlyMap<number, RoomId> {
  const seen = new Map<number, RoomId>()
  for (const { number, id, isMember, ...room } of rows) {
    const index = Number(number) - 1
    const membership = isMember ? ({ status: 'member' } as const) : undefined
    if (canSeeRoom(sights[index]?.caller ?? null, room, membership)) seen.set(index, id)
  }
  return seen
}
