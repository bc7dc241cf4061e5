import { defineFamily } from '../../engine/commands/family.ts'
import { scoresAggregate } from './aggregate.ts'
import { roomLeaderboardTopic } from './topics.ts'

/** Reports of scores to one room, and copies of its ranking. */
export const scoreFamily = defineFamily({
  name: 'scores',
  prefix: 'leaderboard',
  topicOf: roomLeaderboardTopic,
  aggregate: () => scoresAggregate,
})
