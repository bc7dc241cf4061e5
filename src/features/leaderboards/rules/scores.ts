import { isStale, type Reported, type ReportTimes, reported } from '../../../engine/commands/report.ts'
import type { Actor } from '../../../engine/kernel/actor.ts'
import { isPrivileged } from '../../../engine/kernel/actor.ts'
import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import { accept, type Decision, forbid, reject } from '../../../engine/kernel/decision.ts'
import { isUserId, type UserId, userIdRule } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import { canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { RankingMethod, RoomFacts } from '../../rooms/rules/room.ts'
import type { LeaderboardArchiveId } from '../ids.ts'
import { changes, standingOf } from './changes.ts'
import { type Order, reorder } from './order.ts'
import { type PackedStanding, pack } from './packed.ts'
import { rank } from './rank.ts'
import type { Score } from './standing.ts'

export type ScoresCommand =
  /** Scores are absolute and replace earlier ones. Among equal scores, the earlier in the list ranks first. */
  | {
      readonly kind: 'report'
      readonly scores: readonly { readonly user: Person; readonly score: Amount }[]
      /** When the scores were measured; omit for the time of arrival. */
      readonly reportedAt?: Instant | undefined
    }
  | { readonly kind: 'archive'; readonly id: LeaderboardArchiveId }

/** All except Reported are entries of the room's leaderboard. */
export type ScoresEvent =
  | {
      readonly type: 'LeaderboardUpdated'
      readonly standings: readonly PackedStanding[]
      readonly scores: readonly Score[]
      readonly after: Order
    }
  | { readonly type: 'RankingChanged'; readonly standings: readonly PackedStanding[] }
  | {
      readonly type: 'LeaderboardSnapshotCreated'
      readonly snapshotId: LeaderboardArchiveId
      /** The full leaderboard. */
      readonly standings: readonly PackedStanding[]
      readonly method: RankingMethod
      readonly takenAt: Instant
    }
  | Reported

export interface ScoresReply {
  /** For a report: at least one score was older than the latest of its user and changed nothing. */
  readonly stale?: boolean
}

export interface ScoresContext {
  readonly actor: Actor
  readonly now: Instant
  readonly room: RoomFacts | undefined
  readonly order: Order
  /** By user; contains at least the users that the command names. */
  readonly times: ReportTimes
}

const MAX_SCORES = 1000

export function decideScores(
  command: ScoresCommand,
  { actor, now, room, order, times }: ScoresContext,
): Decision<ScoresEvent, ScoresReply> {
  const own = room && membershipOf(actor, room.memberships)
  if (room === undefined || !canSeeRoom(actor, room.room, own)) {
    return reject('NOT_FOUND', 'Room not found.', { field: 'roomId' })
  }
  if (!isPrivileged(actor)) return forbid('Only services and administrators can report scores.')
  const method = room.room.ranking
  if (command.kind === 'archive') {
    const standings = rank(order.scores, method).map((each) => pack(standingOf(each, null)))
    const archive = { snapshotId: command.id, standings, method, takenAt: now } as const
    return accept([{ type: 'LeaderboardSnapshotCreated', ...archive }], {})
  }
  if (room.room.phase === 'ENDED') return reject('INVALID_TRANSITION', 'The room has ended.')
  const { scores, reportedAt } = command
  if (scores.length < 1 || scores.length > MAX_SCORES) {
    return reject('INVALID_INPUT', `A report must have 1 to ${MAX_SCORES} scores.`, { field: 'scores' })
  }
  if (new Set(scores.map(({ user }) => user.id)).size < scores.length) {
    return reject('INVALID_INPUT', 'A report may name each user only once.', { field: 'scores' })
  }
  if (!scores.every(({ user }) => isUserId(user.id))) {
    return reject('INVALID_INPUT', `A user's id ${userIdRule()}.`, { field: 'userId' })
  }
  const fresh = scores.filter(({ user }) => !isStale(times, user.id, reportedAt))
  const events = ranked(order, fresh, method, now)
  const changed = events.flatMap((event) => {
    return event.type === 'LeaderboardUpdated' ? event.scores.map(({ user }) => user.id) : []
  })
  const subjects = fresh.map(({ user }) => user.id)
  const accepted = { subjects, changed, reportedAt, now }
  return accept([...events, ...reported(times, accepted)], { stale: fresh.length < scores.length })
}

/** The entries for scores that replace their users' earlier ones. */
function ranked(
  before: Order,
  scores: readonly { readonly user: Person; readonly score: Amount }[],
  method: RankingMethod,
  now: Instant,
): readonly ScoresEvent[] {
  const reportedOf = new Map(scores.map(({ user, score }) => [user.id, score]))
  const unchanged = new Set<UserId>()
  let reached = 0
  for (const held of before.scores) {
    reached = Math.max(reached, held.reached)
    if (reportedOf.get(held.user.id) === held.score) unchanged.add(held.user.id)
  }
  const changed = new Map<UserId, Score>()
  for (const { user, score } of scores) {
    if (unchanged.has(user.id)) continue
    reached += 1
    changed.set(user.id, { user, score: amount(score), reachedAt: now, reached })
  }
  if (changed.size === 0) return []
  const after = reorder(before, changed, null)
  const ranking = changes({ before, after, changed }, method)
  const updated: ScoresEvent = {
    type: 'LeaderboardUpdated',
    standings: ranking.scores.map(pack),
    scores: [...changed.values()],
    after,
  }
  return ranking.ranks.length === 0
    ? [updated]
    : [updated, { type: 'RankingChanged', standings: ranking.ranks.map(pack) }]
}
