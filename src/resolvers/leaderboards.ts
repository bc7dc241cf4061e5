import type { Standing } from '../domain/ranking/standing.ts'
import type { RankingMethod } from '../domain/room/room.ts'
import { type Cursor, encodeCursor } from '../kernel/cursor.ts'
import { asRoomId, ID_PREFIXES, kindOfId, publicRoomId } from '../kernel/id.ts'
import { auctionLeaderboardTopic, idOf, roomLeaderboardTopic, type Topic } from '../kernel/topic.ts'
import { type SharedContext, signalIn } from './context.ts'
import type { LeaderboardView } from './leaderboard-view.ts'
import { once } from './once.ts'
import { sizeOf } from './paging.ts'
import type { AuctionView, RoomView } from './views.ts'

/** The leaderboard as it is when first asked for. */
export function leaderboardOfAuction(
  { id }: AuctionView,
  _args: object,
  context: SharedContext,
): LeaderboardView {
  return viewOf(auctionLeaderboardTopic(id), context)
}

export function leaderboardOfRoom({ id }: RoomView, _args: object, context: SharedContext): LeaderboardView {
  return viewOf(roomLeaderboardTopic(id), context)
}

function viewOf(topic: Topic, context: SharedContext): LeaderboardView {
  const { leaderboard } = context.services.reads
  return { topic, record: once(() => leaderboard(topic, signalIn(context))), size: null }
}

/** Of its own: an auction and its leaderboard are two records in a client's cache. */
export function leaderboardId({ topic }: LeaderboardView): string {
  const id = idOf(topic)
  return `${ID_PREFIXES.leaderboard}${kindOfId(id) === 'auction' ? id : publicRoomId(asRoomId(id))}`
}

/** Null of a room's leaderboard. */
export function leaderboardAuctionId({ topic }: LeaderboardView): string | null {
  const id = idOf(topic)
  return kindOfId(id) === 'auction' ? id : null
}

/** Null of an auction's leaderboard. */
export function leaderboardRoomId({ topic }: LeaderboardView): string | null {
  const id = idOf(topic)
  return kindOfId(id) === 'auction' ? null : id
}

export async function leaderboardMethod({ record }: LeaderboardView): Promise<RankingMethod> {
  return (await record()).method
}

export async function leaderboardStandings(
  { record, size }: LeaderboardView,
  { first }: { readonly first?: number | null | undefined },
): Promise<readonly Standing[]> {
  const shown = first === null || first === undefined ? size : null
  return (await record()).standings.slice(0, shown ?? sizeOf('first', first))
}

export async function leaderboardCursor({ topic, record }: LeaderboardView): Promise<Cursor> {
  return encodeCursor(topic, (await record()).position)
}
