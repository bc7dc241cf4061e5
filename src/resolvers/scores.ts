import type { Outcome } from '../engine/commands/command.ts'
import type { Amount } from '../engine/kernel/amount.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import { once } from '../engine/kernel/memoize.ts'
import { personNamed } from '../engine/kernel/person.ts'
import { leaderboardReads } from '../features/leaderboards/batched-reads.ts'
import { beginLeaderboard } from '../features/leaderboards/begin-leaderboard.ts'
import { scoreFamily } from '../features/leaderboards/family.ts'
import { asLeaderboardArchiveId, newLeaderboardArchiveId } from '../features/leaderboards/ids.ts'
import {
  type LeaderboardArchive,
  readLeaderboardArchive,
} from '../features/leaderboards/reads/leaderboard-archives.ts'
import { unpack } from '../features/leaderboards/rules/packed.ts'
import type { ScoresReply } from '../features/leaderboards/rules/scores.ts'
import type { Standing } from '../features/leaderboards/rules/standing.ts'
import { roomLeaderboardTopic } from '../features/leaderboards/topics.ts'
import type { LeaderboardView } from '../features/leaderboards/view.ts'
import { roomReads } from '../features/rooms/batched-reads.ts'
import { asRoomId, type RoomId } from '../features/rooms/ids.ts'
import { ensureUsers, findUsers } from '../features/users/users.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import { sizeOf } from './paging.ts'
import { readFor } from './read-for.ts'
import { notFoundResult, type RejectedResult, readKey, refusalOf } from './result.ts'
import type { Services } from './services.ts'
import { actorIn } from './signed-in.ts'

export type { LeaderboardArchive }

export interface LeaderboardPayload {
  readonly kind: 'accepted'
  readonly stale: boolean
  readonly leaderboard: LeaderboardView
  readonly cursor: Cursor
}

export type LeaderboardResult = LeaderboardPayload | RejectedResult

export interface ReportScoresArgs {
  readonly roomId: string
  readonly scores: readonly { readonly userId: string; readonly score: Amount }[]
  readonly reportedAt?: Instant | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

/**
 * Sets scores. A repetition changes nothing, unless other reports came in between; a key or a time prevents that. May
 * name unknown users.
 */
export async function reportScores(args: ReportScoresArgs, context: CallContext): Promise<LeaderboardResult> {
  const actor = actorIn(context)
  const { services, viewer } = context
  const reading = readKey('reportScores', args)
  if (reading.kind === 'rejected') return reading
  const roomId = asRoomId(args.roomId)
  if (!(await hasBoard(services, roomId, callerOf(viewer)))) return notFoundResult('roomId')
  const ids = args.scores.map(({ userId }) => asUserId(userId))
  const known = new Map((await findUsers(services.database, ids)).map((person) => [person.id, person]))
  const scores = args.scores.map(({ userId, score }) => {
    const id = asUserId(userId)
    return { user: known.get(id) ?? personNamed(id), score }
  })
  const command = { kind: 'report', scores, reportedAt: args.reportedAt ?? undefined } as const
  const outcome = await services.dispatch(scoreFamily, roomId, actor, command, reading.key)
  if (outcome.kind === 'accepted') await ensureUsers(services.database, ids)
  return leaderboardPayload(services, roomId, outcome)
}

export interface SnapshotArgs {
  readonly roomId: string
  readonly idempotencyKey?: string | null | undefined
}

export async function createLeaderboardSnapshot(
  args: SnapshotArgs,
  context: CallContext,
): Promise<LeaderboardResult> {
  const actor = actorIn(context)
  const { services, viewer } = context
  const reading = readKey('createLeaderboardSnapshot', args)
  if (reading.kind === 'rejected') return reading
  const roomId = asRoomId(args.roomId)
  if (!(await hasBoard(services, roomId, callerOf(viewer)))) return notFoundResult('roomId')
  const command = { kind: 'archive', id: newLeaderboardArchiveId() } as const
  const outcome = await services.dispatch(scoreFamily, roomId, actor, command, reading.key)
  return leaderboardPayload(services, roomId, outcome)
}

/** Null if none is visible to the caller. */
export async function leaderboardSnapshot(
  args: { readonly id: string },
  context: CallContext,
): Promise<LeaderboardArchive | null> {
  const id = asLeaderboardArchiveId(args.id)
  const archive = await readFor(context, (database) => readLeaderboardArchive(database, id))
  if (archive === undefined) return null
  const query = { roomId: archive.roomId, caller: callerOf(context.viewer) }
  return (await context.services.get(roomReads).seesRoom(query, context.signal)) ? archive : null
}

export function archivedStandings(
  { standings }: LeaderboardArchive,
  { first }: { readonly first?: number | null | undefined },
): readonly Standing[] {
  return standings.slice(0, sizeOf('first', first)).map(unpack)
}

/** Whether the caller sees the room. Creates the board of a room that predates leaderboards. */
async function hasBoard(
  { database, get }: Services,
  roomId: RoomId,
  caller: ReturnType<typeof callerOf>,
): Promise<boolean> {
  if (!(await get(roomReads).seesRoom({ roomId, caller }))) return false
  await beginLeaderboard(database, roomLeaderboardTopic(roomId))
  return true
}

function leaderboardPayload(
  { get }: Services,
  roomId: RoomId,
  outcome: Outcome<ScoresReply, null>,
): LeaderboardResult {
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const topic = roomLeaderboardTopic(roomId)
  const record = once(() => get(leaderboardReads).leaderboard(topic))
  return {
    kind: 'accepted',
    stale: outcome.reply.stale ?? false,
    leaderboard: { topic, record, size: null },
    cursor: encodeCursor(topic, outcome.position),
  }
}
