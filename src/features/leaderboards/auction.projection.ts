import { sql } from 'drizzle-orm'
import type { AggregateChange, RecordedEvent } from '../../engine/commands/aggregate.ts'
import { appendEntries } from '../../engine/history/append.ts'
import type { Entry } from '../../engine/history/entry.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { AuctionProjection, ProjectedState } from '../auctions/hooks.ts'
import { asAuctionId } from '../auctions/ids.ts'
import type { Bid } from '../auctions/rules/auction.ts'
import type { AuctionEvent } from '../auctions/rules/event.ts'
import { evolveAuction } from '../auctions/rules/evolve.ts'
import { saveScores } from './board.ts'
import { type Order, type RankingStep, reorder } from './rules/order.ts'
import type { Score } from './rules/standing.ts'
import { encodeChanges } from './rules/stored-changes.ts'
import { auctionLeaderboardTopic } from './topics.ts'

/** The ranking after a batch, and the entries that announce the change. */
interface SavedRanking {
  readonly ranking: Order
  readonly entries: readonly Entry[]
}

/** Ranks the bidders of an auction by their highest visible bids, in the auction's transactions. */
export function projectRanking(ranking: Order): AuctionProjection {
  return {
    async save(tx, change) {
      const { ranking: after, entries } = await saveRanking(tx, change, ranking)
      return { projection: projectRanking(after), entries }
    },
  }
}

/** Writes the standings after the batch, and the entries of each command that changed them. */
async function saveRanking(
  tx: Transaction,
  change: AggregateChange<ProjectedState, AuctionEvent>,
  before: Order,
): Promise<SavedRanking> {
  const steps = foldRanking(change, before)
  const ranking = steps.at(-1)?.after ?? before
  if (steps.length === 0) return { ranking, entries: [] }
  const board = auctionLeaderboardTopic(asAuctionId(idOf(change.topic)))
  const drafts = encodeChanges(steps).flatMap((encoded, index) => {
    const actorId = steps[index]?.actorId ?? null
    return encoded.map((draft) => ({ ...draft, actorId }))
  })
  const [entries] = await allSettled([
    appendEntries(tx, board, drafts, change.now, null),
    saveStandings(tx, board, steps),
  ])
  return { ranking, entries }
}

interface CommandStep extends RankingStep {
  readonly actorId: UserId | null
}

/** One step per command: the ranking before and after it. */
function foldRanking(
  change: AggregateChange<ProjectedState, AuctionEvent>,
  ranking: Order,
): readonly CommandStep[] {
  const folded: CommandStep[] = []
  const scores = new Map(ranking.scores.map((score) => [score.user.id, score]))
  let standing = change.before.bidHistory.bids.filter(({ voidedAt }) => voidedAt === null)
  let auction = change.before.auction
  let before = ranking
  for (const steps of Map.groupBy(change.steps, ({ command }) => command).values()) {
    const changed = new Map<UserId, Score | null>()
    for (const { event } of steps) {
      auction = evolveAuction(auction, event)
      if (event.type === 'BidPlaced') {
        standing.push(event.bid)
        raise(scores, changed, event.bid)
      } else if (event.type === 'CommandsVoided') {
        standing = withoutVoided(standing, event.bids)
        lower(scores, changed, standing, event.bids)
      }
    }
    if (changed.size === 0) continue
    const after = reorder(before, changed, auction?.standing.leader?.id ?? null)
    folded.push({ before, after, changed, actorId: actorOf(steps) })
    before = after
  }
  return folded
}

function raise(
  scores: Map<UserId, Score>,
  changed: Map<UserId, Score | null>,
  { bidder, amount, placedAt, sequence }: Bid,
): void {
  if ((scores.get(bidder.id)?.score ?? Number.NEGATIVE_INFINITY) >= amount) return
  const score = { user: bidder, score: amount, reachedAt: placedAt, reached: sequence }
  scores.set(bidder.id, score)
  changed.set(bidder.id, score)
}

function withoutVoided(standing: readonly Bid[], voided: readonly Bid[]): Bid[] {
  const gone = new Set(voided.map(({ id }) => id))
  return standing.filter(({ id }) => !gone.has(id))
}

/** Recomputes the scores from the bids in `standing` for users whose highest bid was voided. */
function lower(
  scores: Map<UserId, Score>,
  changed: Map<UserId, Score | null>,
  standing: readonly Bid[],
  voided: readonly Bid[],
): void {
  const concerned = new Set<UserId>()
  for (const { bidder, sequence } of voided) {
    if (scores.get(bidder.id)?.reached === sequence) concerned.add(bidder.id)
  }
  for (const id of concerned) {
    scores.delete(id)
    changed.set(id, null)
  }
  for (const bid of standing) if (concerned.has(bid.bidder.id)) raise(scores, changed, bid)
}

function actorOf([step]: readonly RecordedEvent<AuctionEvent>[]): UserId | null {
  return step?.actor.kind === 'user' ? step.actor.person.id : null
}

async function saveStandings(tx: Transaction, board: Topic, steps: readonly RankingStep[]): Promise<void> {
  const last = new Map<UserId, { readonly score: Score | null; readonly before: Order }>()
  for (const { before, changed } of steps) {
    for (const [id, score] of changed) last.set(id, { score, before })
  }
  const changed = [...last].flatMap(([id, { score, before }]) => {
    if (score === null) return []
    const earlier = before.scores.findIndex((each) => each.user.id === id)
    return [{ score, previousRank: earlier < 0 ? null : earlier + 1 }]
  })
  const gone = [...last].flatMap(([id, { score }]) => (score === null ? [id] : []))
  await allSettled([saveScores(tx, board, changed), gone.length === 0 ? null : removeScores(tx, board, gone)])
}

async function removeScores(tx: Transaction, board: Topic, users: readonly UserId[]): Promise<void> {
  await tx.execute(sql`
    DELETE FROM standings WHERE board = ${board}
      AND user_id IN (SELECT json_array_elements_text(${JSON.stringify(users)}::json))`)
}
