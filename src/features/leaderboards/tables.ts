import { bigint, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Amount } from '../../engine/kernel/amount.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { RankingMethod } from '../rooms/rules/room.ts'
import type { LeaderboardArchiveId } from './ids.ts'
import type { PackedStanding } from './rules/packed.ts'

/** Standings: an auction's bidders rank by their highest visible bid. */
export const standings = pgTable(
  'standings',
  {
    /** The leaderboard's topic. */
    board: text().$type<Topic>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    score: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    reachedAt: instantColumn('reached_at').notNull(),
    /** Breaks ties: the lower value reached the score first. */
    reached: bigint({ mode: 'number' }).notNull(),
    previousRank: integer('previous_rank'),
  },
  (t) => [
    primaryKey({ columns: [t.board, t.userId] }),
    index('standings_order').on(t.board, t.score.desc(), t.reached),
  ],
)

/** Immutable copies of rooms' leaderboards. */
export const leaderboardArchives = pgTable(
  'leaderboard_archives',
  {
    id: text().$type<LeaderboardArchiveId>().primaryKey(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    method: text().$type<RankingMethod>().notNull(),
    takenAt: instantColumn('taken_at').notNull(),
    standings: json().$type<readonly PackedStanding[]>().notNull(),
  },
  (t) => [index('leaderboard_archives_of_room').on(t.roomId, t.takenAt)],
)
