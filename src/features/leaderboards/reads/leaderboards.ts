import { sql } from 'drizzle-orm'
import { amount } from '../../../engine/kernel/amount.ts'
import { asUserId } from '../../../engine/kernel/id.ts'
import { type Instant, instant } from '../../../engine/kernel/instant.ts'
import { asEpoch, asOffset, type Position } from '../../../engine/kernel/position.ts'
import { idOf, type Topic } from '../../../engine/kernel/topic.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RankingMethod } from '../../rooms/rules/room.ts'
import { standingOf } from '../rules/changes.ts'
import { rank } from '../rules/rank.ts'
import type { Standing } from '../rules/standing.ts'

/** The top of a leaderboard and the head that it includes, read in one statement and therefore consistent. */
export interface LeaderboardRecord {
  readonly method: RankingMethod
  readonly standings: readonly Standing[]
  readonly position: Position
  readonly at: Instant
}

interface Row extends Record<string, unknown> {
  readonly board: Topic
  readonly epoch: string
  readonly head: string
  readonly now: number
  readonly method: RankingMethod
  readonly id: string | null
  readonly name: string
  readonly score: string
  readonly at: number
  readonly reached: string
  readonly previous: number | null
}

/** At most `limit` standings, best first; undefined if the leaderboard does not exist yet. */
export async function readLeaderboard(
  executor: Executor,
  board: Topic,
  limit: number,
): Promise<LeaderboardRecord | undefined> {
  const [found] = await readLeaderboards(executor, [board], limit)
  return found
}

/** The same for each of `boards`, in one statement. */
export async function readLeaderboards(
  executor: Executor,
  boards: readonly Topic[],
  limit: number,
): Promise<readonly (LeaderboardRecord | undefined)[]> {
  const ids = boards.map(idOf)
  const { rows } = await executor.execute<Row>(sql`
    SELECT topics.topic AS board, topics.epoch, topics.head,
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
      coalesce((SELECT ranking FROM rooms WHERE rooms.id = wanted.id), 'ORDINAL') AS method,
      best.user_id AS id, best.user_name AS name, best.score, best.reached, best.previous_rank AS previous,
      (extract(epoch FROM best.reached_at) * 1000)::float8 AS at
    FROM unnest(${sql.param(boards)}::text[], ${sql.param(ids)}::text[]) AS wanted(topic, id)
    JOIN topics ON topics.topic = wanted.topic
    LEFT JOIN LATERAL (
      SELECT standings.*, row_number() OVER () AS place FROM (
        SELECT * FROM standings WHERE board = wanted.topic
        ORDER BY score DESC,
          coalesce(user_id = (SELECT standing -> 'leader' ->> 'id' FROM auctions WHERE auctions.id = wanted.id), false) DESC,
          reached
        LIMIT ${limit}::bigint) AS standings) AS best ON true
    ORDER BY wanted.topic, best.place`)
  const found = Map.groupBy(rows, ({ board }) => board)
  return boards.map((board) => recordOf(found.get(board) ?? []))
}

/** The standings from one board's rows, best first. */
function recordOf(rows: readonly Row[]): LeaderboardRecord | undefined {
  const [first] = rows
  if (first === undefined) return undefined
  const { method } = first
  const scores = rows.flatMap(({ id, name, score, at, reached, previous }) => {
    if (id === null) return []
    const user = { id: asUserId(id), name }
    const reachedAt = instant(at)
    return [{ user, score: amount(Number(score)), reachedAt, reached: Number(reached), previous }]
  })
  return {
    method,
    standings: rank(scores, method).map(({ rank, score }, index) => {
      return standingOf({ rank, score }, scores[index]?.previous ?? null)
    }),
    position: { epoch: asEpoch(Number(first.epoch)), offset: asOffset(Number(first.head)) },
    at: instant(first.now),
  }
}
