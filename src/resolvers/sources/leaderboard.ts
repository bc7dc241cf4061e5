import { type PackedStanding, unpack } from '../../domain/ranking/packed.ts'
import type { Standing } from '../../domain/ranking/standing.ts'
import type { PresentedEvent, Source } from '../../hub/source.ts'
import type { Database } from '../../log/database.ts'
import { leaderboardNow, leaderboardOfRecord } from '../leaderboard-view.ts'
import { presentEntry, unreadable } from './present.ts'

interface StandingsData {
  readonly standings: readonly PackedStanding[]
}

/** LeaderboardUpdated, RankingChanged. */
export type StandingsEvent = PresentedEvent & { readonly standings: readonly Standing[] }

const MAX_SNAPSHOT = 1000

export function createLeaderboardSource(database: Database): Source {
  return {
    snapshotType: 'LeaderboardSnapshot',
    isSnapshotShared: true,

    async snapshot(topic) {
      const record = await leaderboardNow(database, topic, MAX_SNAPSHOT)
      return {
        position: record.position,
        at: record.at,
        state: { leaderboard: leaderboardOfRecord(topic, record) },
      }
    },

    present(entry): StandingsEvent {
      if (!isStandingsData(entry.data)) throw unreadable(entry)
      return { ...presentEntry(entry), standings: entry.data.standings.map(unpack) }
    },
  }
}

function isStandingsData(data: object): data is StandingsData {
  return 'standings' in data
}
