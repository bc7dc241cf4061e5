import { badUserInput } from '../engine/hub/client-errors.ts'
import { amount, isAmount } from '../engine/kernel/amount.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import { FAR_FUTURE, instant } from '../engine/kernel/instant.ts'
import { once } from '../engine/kernel/memoize.ts'
import { idOf, type Topic } from '../engine/kernel/topic.ts'
import { auctionIds } from '../features/auctions/ids.ts'
import type { AuctionView } from '../features/auctions/view.ts'
import { leaderboardReads } from '../features/leaderboards/batched-reads.ts'
import { leaderboardPrefix } from '../features/leaderboards/ids.ts'
import { readStandings, type StandingsPage } from '../features/leaderboards/reads/standings.ts'
import type { Standing } from '../features/leaderboards/rules/standing.ts'
import { auctionLeaderboardTopic, roomLeaderboardTopic } from '../features/leaderboards/topics.ts'
import type { LeaderboardView } from '../features/leaderboards/view.ts'
import { asRoomId, publicRoomId } from '../features/rooms/ids.ts'
import type { RankingMethod } from '../features/rooms/rules/room.ts'
import type { RoomView } from '../features/rooms/view.ts'
import { type SharedContext, signalIn } from './context.ts'
import { cursorInvalid } from './errors.ts'
import { sizeOf } from './paging.ts'
import { readFor } from './read-for.ts'

/** The leaderboard, read when first needed. */
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
  const { leaderboard } = context.services.get(leaderboardReads)
  return { topic, record: once(() => leaderboard(topic, signalIn(context))), size: null }
}

/** Distinct from the auction's id: an auction and its leaderboard are two entities in a client's cache. */
export function leaderboardId({ topic }: LeaderboardView): string {
  const id = idOf(topic)
  return `${leaderboardPrefix}${auctionIds.is(id) ? id : publicRoomId(asRoomId(id))}`
}

/** Null for a room's leaderboard. */
export function leaderboardAuctionId({ topic }: LeaderboardView): string | null {
  const id = idOf(topic)
  return auctionIds.is(id) ? id : null
}

/** Null for an auction's leaderboard. */
export function leaderboardRoomId({ topic }: LeaderboardView): string | null {
  const id = idOf(topic)
  return auctionIds.is(id) ? null : id
}

export async function leaderboardMethod({ record }: LeaderboardView): Promise<RankingMethod> {
  return (await record()).method
}

export interface StandingsArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly around?: string | null | undefined
}

/**
 * From the first rank, the standings of the view; from elsewhere, the current ones. Throws BAD_USER_INPUT and
 * CURSOR_INVALID.
 */
export async function leaderboardStandings(
  { topic, record, size }: LeaderboardView,
  { first, after, around }: StandingsArgs,
  context: SharedContext,
): Promise<readonly Standing[]> {
  const page = pageOf(after ?? null, around ?? null)
  if (page !== null) {
    const limit = sizeOf('first', first)
    return readFor(context, (database) => readStandings(database, topic, page, limit))
  }
  const shown = first === null || first === undefined ? size : null
  return (await record()).standings.slice(0, shown ?? sizeOf('first', first))
}

/** The cursor of the page after `standing`. */
export function standingCursor({ score, reachedAt, user }: Standing): string {
  return Buffer.from(`standing.${score}.${reachedAt}.${user.id}`).toString('base64url')
}

const STANDING = /^standing\.(-?\d{1,16})\.(\d{1,16})\.([^\0]{1,1000})$/su

/** Null: from the first rank. */
function pageOf(after: string | null, around: string | null): StandingsPage | null {
  if (after !== null && around !== null) throw badUserInput('Give after or around, not both.')
  if (around !== null) return { kind: 'around', userId: asUserId(around) }
  if (after === null) return null
  const [, score = '', reachedAt = '', id = ''] =
    STANDING.exec(Buffer.from(after, 'base64url').toString()) ?? []
  const isGiven = id !== '' && isAmount(Number(score)) && Number(reachedAt) <= FAR_FUTURE
  if (!isGiven) throw cursorInvalid()
  return {
    kind: 'after',
    userId: asUserId(id),
    score: amount(Number(score)),
    reachedAt: instant(Number(reachedAt)),
  }
}

export async function leaderboardCursor({ topic, record }: LeaderboardView): Promise<Cursor> {
  return encodeCursor(topic, (await record()).position)
}
