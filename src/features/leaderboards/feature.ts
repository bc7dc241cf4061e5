import type { Feature } from '../../engine/feature.ts'
import { auctionLeaderboardTopic, roomLeaderboardTopic } from '../../engine/kernel/topic.ts'
import { auctionHooks } from '../auctions/hooks.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { projectRanking } from './auction.projection.ts'
import { loadRanking } from './board.ts'
import { scoreFamily } from './family.ts'

/** A RankingChanged goes back at most over the rest of its batch (rules/stored-changes). */
const FARTHEST_BACK = 512

export const leaderboards: Feature = {
  name: 'leaderboards',
  requires: ['users', 'rooms', 'auctions'],
  families: [scoreFamily],
  hooks: () => [
    roomHooks.implement({ topicsOf: ({ id }) => [roomLeaderboardTopic(id)] }),
    auctionHooks.implement({
      topicsOf: (id) => [auctionLeaderboardTopic(id)],
      loadProjection: async (tx, id, leader) => projectRanking(await loadRanking(tx, id, leader)),
    }),
  ],
  retains: [{ type: 'RankingChanged', farthestBack: FARTHEST_BACK }],
}
