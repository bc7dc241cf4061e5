import type { Standing } from '../domain/ranking/standing.ts'
import type { RankingMethod } from '../domain/room/room.ts'
import { type Cursor, encodeCursor } from '../kernel/cursor.ts'
import { auctionLeaderboardTopic, idOf, roomLeaderboardTopic } from '../kernel/topic.ts'
import type { SharedContext } from './context.ts'
import { type LeaderboardView, leaderboardNow } from './leaderboard-view.ts'
import { once } from './once.ts'
import { MAX_SIZE, sizeOf } from './paging.ts'
import type { AuctionView, RoomView } from './views.ts'

/** The leaderboard as it is when first asked for. */
export function leaderboardOfAuction(
  { id }: AuctionView,
  _args: object,
  { services }: SharedContext,
): LeaderboardView {
  const topic = auctionLeaderboardTopic(id)
  return { topic, record: once(() => leaderboardNow(services.database, topic, MAX_SIZE)), size: null }
}

export function leaderboardOfRoom(
  { id }: RoomView,
  _args: object,
  { services }: SharedContext,
): LeaderboardView {
  const topic = roomLeaderboardTopic(id)
  return { topic, record: once(() => leaderboardNow(services.database, topic, MAX_SIZE)), size: null }
}

export const leaderboardId = ({ topic }: LeaderboardView): string => idOf(topic)

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
