import { type ReadTogether, together } from '../../engine/kernel/batch-loader.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { LeaderboardRecord } from './reads/leaderboards.ts'
import { leaderboardsNow } from './view.ts'

/** Batched reads of leaderboards for fields that ask for one at a time. */
export interface LeaderboardReads {
  /** The first 100 standings. The board's auction or room must exist. */
  readonly leaderboard: ReadTogether<Topic, LeaderboardRecord>
}

export const leaderboardReads = defineService(
  'leaderboards: reads',
  ({ database }): LeaderboardReads => ({
    leaderboard: together((topics) => leaderboardsNow(database, topics), { idOf: String }),
  }),
)
