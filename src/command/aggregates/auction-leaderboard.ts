import { sql } from 'drizzle-orm'
import type { AuctionState, Bid } from '../../domain/auction/auction.ts'
import type { AuctionEvent } from '../../domain/auction/event.ts'
import { evolveAuction } from '../../domain/auction/evolve.ts'
import { changes } from '../../domain/ranking/changes.ts'
import { pack } from '../../domain/ranking/packed.ts'
import { inOrder, rank } from '../../domain/ranking/rank.ts'
import type { Ranked } from '../../domain/ranking/standing.ts'
import { asAuctionId, type UserId } from '../../kernel/id.ts'
import { formatInstant } from '../../kernel/instant.ts'
import { auctionLeaderboardTopic, idOf, type Topic } from '../../kernel/topic.ts'
import { appendEntries, type Draft } from '../../log/append.ts'
import { beginLeaderboard } from '../../log/begin-leaderboard.ts'
import type { Transaction } from '../../log/database.ts'
import type { Entry } from '../../log/entry.ts'
import type { Change, Step } from '../aggregate.ts'
import { type BoardScore, loadBoard, loadStandingBids } from './board.ts'

type AuctionChange = Change<{ readonly auction: AuctionState | null }, AuctionEvent>

/**
 * Ranks the bidders of an auction by their highest visible bids: the standings as they are after the batch, and for each
 * command that changed them its entries. To be called when the bids are saved. Three statements where visible bids were
 * placed, none where nothing visible happened.
 */
export async function saveLeaderboard(tx: Transaction, change: AuctionChange): Promise<readonly Entry[]> {
  const placed = change.steps.flatMap(({ event }) => placedBy(event) ?? [])
  const struck = change.steps.flatMap(({ event }) => struckBy(event) ?? [])
  if (placed.length + struck.length === 0) return []
  const board = auctionLeaderboardTopic(asAuctionId(idOf(change.topic)))
  const before = await loadScores(tx, board, change, placed, struck)
  const bids = await loadStandingBids(tx, struck)
  const { drafts, after, previousRanks } = fold(change, before, bids)
  await saveStandings(tx, board, before, after, previousRanks)
  return appendEntries(tx, board, drafts, change.now, null)
}

function placedBy(event: AuctionEvent): Bid | null {
  return event.type === 'BidPlaced' ? event.bid : null
}

/** The bid of whose bidder the highest visible one is looked up again. */
function struckBy(event: AuctionEvent): Bid | null {
  return event.type === 'BidVoided' ? event.bid : null
}

/** The sequence of the last visible bid before the batch; null where the batch placed none. */
function lastBidBefore({ steps }: AuctionChange): number | null {
  const [first] = steps.flatMap(({ event }) => placedBy(event) ?? [])
  return first === undefined ? null : first.sequence - 1
}

type Scores = ReadonlyMap<UserId, BoardScore>

/** The top of the board and those whose bids are at hand; the whole board where anyone may come to stand below the top. */
async function loadScores(
  tx: Transaction,
  board: Topic,
  change: AuctionChange,
  placed: readonly Bid[],
  struck: readonly Bid[],
): Promise<Scores> {
  const leader = change.before.auction?.standing.leader?.id ?? null
  const bidders = [...new Set([...placed, ...struck].map(({ bidder }) => bidder.id))]
  const load = async (part: 'top' | 'whole') => {
    const found = await loadBoard(tx, board, leader, bidders, part)
    if (found !== undefined) return found
    await beginLeaderboard(tx, board, lastBidBefore(change))
    return (await loadBoard(tx, board, leader, bidders, part)) ?? { scores: [], floor: null }
  }
  let { scores, floor } = await load(struck.length === 0 ? 'top' : 'whole')
  if (placed.some(({ amount }) => floor !== null && amount <= floor))
    ({ scores, floor } = await load('whole'))
  return new Map(scores.map((score) => [score.user.id, score]))
}

interface Fold {
  readonly drafts: readonly Draft[]
  readonly after: Scores
  readonly previousRanks: ReadonlyMap<UserId, number | null>
}

/** Command after command: what each made of the ranking that it found. */
function fold(change: AuctionChange, before: Scores, bids: readonly Bid[]): Fold {
  const drafts: Draft[] = []
  const after = new Map(before)
  const previousRanks = new Map<UserId, number | null>()
  let auction = change.before.auction
  let ranking = rankingOf(after, auction)
  // Bids that later commands of the batch placed are in `bids` too.
  let lastBid = lastBidBefore(change) ?? Number.POSITIVE_INFINITY
  for (const steps of Map.groupBy(change.steps, ({ command }) => command).values()) {
    for (const { event } of steps) {
      auction = evolveAuction(auction, event)
      const bid = placedBy(event)
      const struck = struckBy(event)
      if (bid !== null) {
        lastBid = bid.sequence
        raise(after, bid)
      } else if (struck !== null) {
        const { id } = struck.bidder
        after.delete(id)
        const isOwn = ({ bidder, sequence }: Bid) => bidder.id === id && sequence <= lastBid
        for (const own of bids.filter(isOwn)) raise(after, own)
      }
    }
    if (!steps.some(({ event }) => placedBy(event) !== null || struckBy(event) !== null)) continue
    const next = rankingOf(after, auction)
    const { scores, ranks } = changes(ranking, next)
    for (const { user, previousRank } of scores) previousRanks.set(user.id, previousRank)
    const actorId = actorOf(steps)
    const told = [
      { type: 'LeaderboardUpdated', standings: scores },
      { type: 'RankingChanged', standings: ranks },
    ]
    for (const { type, standings } of told) {
      if (standings.length > 0) drafts.push({ type, data: { standings: standings.map(pack) }, actorId })
    }
    ranking = next
  }
  return { drafts, after, previousRanks }
}

function raise(scores: Map<UserId, BoardScore>, { bidder, amount, placedAt, sequence }: Bid): void {
  if ((scores.get(bidder.id)?.score ?? Number.NEGATIVE_INFINITY) >= amount) return
  scores.set(bidder.id, {
    user: bidder,
    score: amount,
    reachedAt: placedAt,
    reached: sequence,
    unseenAbove: 0,
  })
}

function rankingOf(scores: Scores, auction: AuctionState | null): readonly Ranked[] {
  const ordered = inOrder([...scores.values()], auction?.standing.leader?.id ?? null)
  return rank(ordered, 'ORDINAL').map((each, index) => {
    const unseen = ordered[index]?.unseenAbove ?? 0
    return unseen === 0 ? each : { ...each, rank: each.rank + unseen }
  })
}

function actorOf([step]: readonly Step<AuctionEvent>[]): UserId | null {
  return step?.actor.kind === 'user' ? step.actor.person.id : null
}

async function saveStandings(
  tx: Transaction,
  board: Topic,
  before: Scores,
  after: Scores,
  previousRanks: ReadonlyMap<UserId, number | null>,
): Promise<void> {
  const rows = [...after.values()]
    .filter(({ user, score, reached }) => {
      const then = before.get(user.id)
      return then?.score !== score || then.reached !== reached
    })
    .map(({ user, score, reachedAt, reached }) => ({
      ...{ u: user.id, n: user.name, s: score, t: formatInstant(reachedAt), r: reached },
      p: previousRanks.get(user.id) ?? null,
    }))
  if (rows.length > 0) {
    await tx.execute(sql`
      INSERT INTO standings (board, user_id, user_name, score, reached_at, reached, previous_rank)
      SELECT ${board}, u, n, s, t, r, p
      FROM json_to_recordset(${JSON.stringify(rows)}::json)
        AS row(u text, n text, s bigint, t timestamptz, r bigint, p int)
      ON CONFLICT (board, user_id) DO UPDATE SET user_name = excluded.user_name, score = excluded.score,
        reached_at = excluded.reached_at, reached = excluded.reached, previous_rank = excluded.previous_rank`)
  }
  const gone = [...before.keys()].filter((id) => !after.has(id))
  if (gone.length > 0) {
    await tx.execute(sql`
      DELETE FROM standings WHERE board = ${board}
        AND user_id IN (SELECT json_array_elements_text(${JSON.stringify(gone)}::json))`)
  }
}
