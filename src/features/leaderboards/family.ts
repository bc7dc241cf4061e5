import { defineFamily } from '../../engine/commands/family.ts'
import { roomLeaderboardTopic } from '../../engine/kernel/topic.ts'
import { scoresAggregate } from './aggregate.ts'

/** Reports of scores to one room, and copies of its ranking. */
export const scoreFamily = defineFamily({
  name: 'scores',
  prefix: 'leaderboard',
  topicOf: roomLeaderboardTopic,
  aggregate: () => scoresAggregate,
})
