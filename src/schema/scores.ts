import { STATEMENT } from '../platform/limits/field-cost.ts'
import {
  archivedStandings,
  createLeaderboardSnapshot,
  type LeaderboardArchive as LeaderboardArchiveShape,
  type LeaderboardPayload as LeaderboardPayloadShape,
  leaderboardSnapshot,
  reportScores,
} from '../resolvers/scores.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { Leaderboard, RankingMethod, Standing } from './leaderboard.ts'
import { REPORT_KEY, REPORTED_AT, Rejected } from './result.ts'

/** Scores reported by services, and copies of leaderboards. */
export function addScores(builder: Builder): void {
  addScoreReports(builder)
  addArchives(builder)
}

function addScoreReports(builder: Builder): void {
  const LeaderboardPayload = builder.objectRef<LeaderboardPayloadShape>('LeaderboardPayload').implement({
    fields: (t) => ({
      leaderboard: t.expose('leaderboard', { type: Leaderboard }),
      stale: t.exposeBoolean('stale', {
        description:
          'Whether any of the reported scores was older than the latest accepted one of its user: such scores changed nothing. Always false for createLeaderboardSnapshot.',
      }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const LeaderboardResult = builder.unionType('LeaderboardResult', {
    types: [LeaderboardPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : LeaderboardPayload),
  })

  const ScoreInput = builder.inputType('ScoreInput', {
    fields: (t) => ({
      userId: t.id({ required: true }),
      score: t.field({ type: 'Amount', required: true }),
    }),
  })

  builder.mutationFields((t) => ({
    reportScores: t.field({
      type: LeaderboardResult,
      description:
        'Services and administrators. Scores are absolute and replace earlier ones; at most 1000 at once, each user once, in the order they were reached.',
      args: {
        roomId: t.arg.id({ required: true }),
        scores: t.arg({ type: [ScoreInput], required: true }),
        reportedAt: t.arg({ type: 'DateTime', description: REPORTED_AT }),
        idempotencyKey: t.arg.string({ description: REPORT_KEY }),
      },
      resolve: asCaller(reportScores),
    }),
    createLeaderboardSnapshot: t.field({
      type: LeaderboardResult,
      description: 'Services and administrators: keeps a copy; LeaderboardSnapshotCreated names its id.',
      args: { roomId: t.arg.id({ required: true }), idempotencyKey: t.arg.string() },
      resolve: asCaller(createLeaderboardSnapshot),
    }),
  }))
}

function addArchives(builder: Builder): void {
  const LeaderboardArchive = builder.objectRef<LeaderboardArchiveShape>('LeaderboardArchive').implement({
    description: 'An immutable copy of a leaderboard.',
    fields: (t) => ({
      id: t.exposeID('id'),
      roomId: t.exposeID('roomId'),
      method: t.expose('method', { type: RankingMethod }),
      takenAt: t.expose('takenAt', { type: 'DateTime' }),
      standings: t.field({
        type: [Standing],
        description: 'Best first. `previousRank` is always null.',
        args: { first: t.arg.int() },
        ...costs({ size: 20 }),
        resolve: archivedStandings,
      }),
    }),
  })

  builder.queryField('leaderboardSnapshot', (t) =>
    t.field({
      type: LeaderboardArchive,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      // An archive is read completely, with up to thousands of standings.
      ...costs({ weight: 2 * STATEMENT }),
      resolve: asCaller(leaderboardSnapshot),
    }),
  )
}
