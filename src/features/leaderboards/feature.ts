import type { SchemaFeature } from '../../schema/contribution.ts'
import { addLeaderboards } from '../../schema/leaderboard.ts'
import { addLeaderboardEvents } from '../../schema/leaderboard-event.ts'
import { addScores } from '../../schema/scores.ts'
import { auctionHooks } from '../auctions/hooks.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { projectRanking } from './auction.projection.ts'
import { loadRanking } from './board.ts'
import { scoreFamily } from './family.ts'
import { auctionLeaderboardTopic, roomLeaderboardTopic } from './topics.ts'

/** A RankingChanged entry refers back at most to the start of its batch (rules/stored-changes). */
const FARTHEST_BACK = 512

export const leaderboards: SchemaFeature = {
  name: 'leaderboards',
  requires: ['users', 'rooms', 'auctions'],
  families: [scoreFamily],
  schema: {
    parts: [addLeaderboards, addLeaderboardEvents, addScores],
  },
  hooks: () => [
    roomHooks.implement({ topicsOf: ({ id }) => [roomLeaderboardTopic(id)] }),
    auctionHooks.implement({
      topicsOf: (id) => [auctionLeaderboardTopic(id)],
      loadProjection: async (tx, id, leader) => projectRanking(await loadRanking(tx, id, leader)),
    }),
  ],
  retains: [{ type: 'RankingChanged', farthestBack: FARTHEST_BACK }],
}
