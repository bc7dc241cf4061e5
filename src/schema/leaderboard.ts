import type { Standing as StandingShape } from '../features/leaderboards/rules/standing.ts'
import type { LeaderboardView } from '../features/leaderboards/view.ts'
import { RANKING_METHODS, type RankingMethod as RankingMethodShape } from '../features/rooms/rules/room.ts'
import { PAID } from '../platform/limits/field-cost.ts'
import {
  leaderboardAuctionId,
  leaderboardCursor,
  leaderboardId,
  leaderboardMethod,
  leaderboardOfAuction,
  leaderboardOfRoom,
  leaderboardRoomId,
  leaderboardStandings,
  standingCursor,
} from '../resolvers/leaderboards.ts'
import { Auction } from './auction.ts'
import type { Builder } from './builder.ts'
import { costs } from './field.ts'
import { User } from './person.ts'
import { Room } from './room.ts'
import { CreateRoomInput } from './room-mutation.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

export const RankingMethod = new SharedEnum<RankingMethodShape>('RankingMethod')
export const Standing = new SharedObject<StandingShape>('Standing')
export const Leaderboard = new SharedObject<LeaderboardView>('Leaderboard')

/** The first 100 standings are read, however many are selected. */
const LEADERBOARD = 10

/** Leaderboards of rooms and auctions. */
export function addLeaderboards(builder: Builder): void {
  addStandings(builder)
  addLeaderboard(builder)
  addWhereRanked(builder)
}

function addStandings(builder: Builder): void {
  RankingMethod.in(builder, {
    description:
      'STANDARD: 1, 2, 2, 4. DENSE: 1, 2, 2, 3. ORDINAL: 1, 2, 3, 4, the earliest to reach a score first.',
    values: RANKING_METHODS,
  })

  Standing.in(builder).implement({
    fields: (t) => ({
      rank: t.exposeInt('rank'),
      user: t.expose('user', { type: User }),
      score: t.expose('score', {
        type: 'Amount',
        description: 'In an entry, 0 if all bids of the user were voided: ranks behind all others.',
      }),
      previousRank: t.exposeInt('previousRank', {
        nullable: true,
        description:
          'In an entry, the rank before it; elsewhere, the rank before the score last changed. Null for new users.',
      }),
      cursor: t.string({
        description: 'Pass to `standings(after:)` to read the ranks after this one.',
        resolve: standingCursor,
      }),
      reachedAt: t.expose('reachedAt', { type: 'DateTime', description: 'When the score was reached.' }),
    }),
  })
}

function addLeaderboard(builder: Builder): void {
  Leaderboard.in(builder).implement({
    description:
      "For an auction, ranks each bidder's highest visible bid; for a room, the scores reported to it.",
    fields: (t) => ({
      id: t.id({ description: 'Opaque, for caches.', resolve: leaderboardId }),
      auctionId: t.id({
        nullable: true,
        description: "The auction whose bidders it ranks; null for a room's.",
        resolve: leaderboardAuctionId,
      }),
      roomId: t.id({
        nullable: true,
        description: "The room whose reported scores it ranks; null for an auction's.",
        resolve: leaderboardRoomId,
      }),
      method: t.field({ type: RankingMethod, ...costs({ weight: PAID }), resolve: leaderboardMethod }),
      standings: t.field({
        type: [Standing],
        description: 'Best first. `after` and `around` read the ranking as it is now.',
        args: {
          first: t.arg.int({ description: 'At most 100; 20 if left out.' }),
          after: t.arg.string({
            description: 'The cursor of a standing: returns those after it, through all ranks.',
          }),
          around: t.arg.id({
            description:
              'A user: returns the page with this user in the middle. Empty if the user has no rank.',
          }),
        },
        ...costs({ weight: LEADERBOARD, size: 20 }),
        resolve: leaderboardStandings,
      }),
      cursor: t.field({
        type: 'Cursor',
        description: 'Pass to `leaderboard(after:)`.',
        ...costs({ weight: PAID }),
        resolve: leaderboardCursor,
      }),
    }),
  })
}

function addWhereRanked(builder: Builder): void {
  builder.objectField(Auction, 'leaderboard', (t) =>
    t.field({ type: Leaderboard, ...costs({ weight: LEADERBOARD }), resolve: leaderboardOfAuction }),
  )

  builder.objectField(Room, 'leaderboard', (t) =>
    t.field({
      type: Leaderboard,
      description: 'The ranking of the scores reported to it.',
      ...costs({ weight: LEADERBOARD }),
      resolve: leaderboardOfRoom,
    }),
  )

  CreateRoomInput.extend(builder, (t) => ({ ranking: t.field({ type: RankingMethod }) }))
}
