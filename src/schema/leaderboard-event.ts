import type { SnapshotCreatedEvent, StandingsEvent } from '../features/leaderboards/source.ts'
import { leaderboardPlan } from '../features/leaderboards/subscriptions.ts'
import type { LeaderboardView } from '../features/leaderboards/view.ts'
import type { Builder } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { costs, servedBy } from './field.ts'
import { Leaderboard, Standing } from './leaderboard.ts'

/** The subscription to a leaderboard, and its entries. */
export function addLeaderboardEvents(builder: Builder): void {
  const LeaderboardSnapshot = builder
    .objectRef<PresentedSnapshot & { readonly leaderboard: LeaderboardView }>('LeaderboardSnapshot')
    .implement({
      interfaces: [Event],
      description: 'The state at `cursor`, up to 1000 standings; everything after follows.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        leaderboard: t.expose('leaderboard', { type: Leaderboard }),
      }),
    })

  const LeaderboardUpdated = builder.objectRef<StandingsEvent>('LeaderboardUpdated').implement({
    interfaces: [Event],
    description: 'Scores changed; `standings` contains only those that did.',
    fields: (t) => ({
      standings: t.expose('standings', { type: [Standing], ...costs({ size: 20 }) }),
      removedUserIds: t.exposeIDList('removedUserIds', {
        description:
          'The users who left the ranking. Users below them who moved up are in the RankingChanged that follows.',
        ...costs({ size: 20 }),
      }),
    }),
  })

  const RankingChanged = builder.objectRef<StandingsEvent>('RankingChanged').implement({
    interfaces: [Event],
    description:
      'At least one of the top 100 ranks changed: `standings` contains the users who gained or lost one.',
    fields: (t) => ({ standings: t.expose('standings', { type: [Standing], ...costs({ size: 20 }) }) }),
  })

  const LeaderboardSnapshotCreated = builder
    .objectRef<SnapshotCreatedEvent>('LeaderboardSnapshotCreated')
    .implement({
      interfaces: [Event],
      description:
        'A copy was taken. Contains its first 100 standings; read the rest with `leaderboardSnapshot(id:)`.',
      fields: (t) => ({
        snapshotId: t.exposeID('snapshotId'),
        standings: t.expose('standings', { type: [Standing], ...costs({ size: 20 }) }),
      }),
    })

  const LeaderboardEvent = builder.unionType('LeaderboardEvent', {
    types: [LeaderboardSnapshot, LeaderboardUpdated, RankingChanged, LeaderboardSnapshotCreated],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('leaderboard', (t) =>
    t.field({
      type: LeaderboardEvent,
      description: 'The leaderboard of a room or an auction: pass exactly one id.',
      args: { roomId: t.arg.id(), auctionId: t.arg.id(), after: t.arg({ type: 'Cursor' }) },
      ...servedBy(leaderboardPlan),
    }),
  )
}
