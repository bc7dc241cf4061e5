import { badUserInput } from '../../engine/hub/client-errors.ts'
import type { AfterArgs, PlanContext } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan, PlanTerms } from '../../engine/hub/source.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import { auctionFor } from '../auctions/subscriptions.ts'
import { roomFor } from '../rooms/subscriptions.ts'
import { beginLeaderboard } from './begin-leaderboard.ts'
import { leaderboardSource } from './source.ts'
import { auctionLeaderboardTopic, roomLeaderboardTopic } from './topics.ts'

interface LeaderboardArgs extends AfterArgs {
  readonly roomId?: string | null | undefined
  readonly auctionId?: string | null | undefined
}

/** The leaderboard of an auction or of a room. */
export async function leaderboardPlan(args: LeaderboardArgs, context: PlanContext): Promise<HistoryPlan> {
  const { topic, terms } = await boardFor(context, args)
  const { database, get } = context.services
  // Auctions and rooms may predate leaderboards.
  await beginLeaderboard(database, topic)
  return { kind: 'history', topic, source: get(leaderboardSource), ...terms, after: args.after ?? null }
}

/** Throws BAD_USER_INPUT unless exactly one id is given; NOT_FOUND if the caller sees nothing by that id. */
async function boardFor(
  context: PlanContext,
  { roomId, auctionId }: LeaderboardArgs,
): Promise<{ readonly topic: Topic; readonly terms: PlanTerms }> {
  if (typeof roomId === 'string' && typeof auctionId !== 'string') {
    const { id, terms } = await roomFor(context, { roomId })
    return { topic: roomLeaderboardTopic(id), terms }
  }
  if (typeof auctionId === 'string' && typeof roomId !== 'string') {
    const { id, terms } = await auctionFor(context, { auctionId })
    return { topic: auctionLeaderboardTopic(id), terms }
  }
  throw badUserInput('Give either roomId or auctionId.')
}
