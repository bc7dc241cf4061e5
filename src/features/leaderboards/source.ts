import type { Entry } from '../../engine/history/entry.ts'
import { createHistory } from '../../engine/history/history.ts'
import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source } from '../../engine/hub/source.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { asOffset } from '../../engine/kernel/position.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import type { Standing } from './rules/standing.ts'
import { decodeChanges, dependencySpan, type StoredChange } from './rules/stored-changes.ts'
import { leaderboardNow, leaderboardOfRecord } from './view.ts'

/** LeaderboardUpdated, RankingChanged. */
export type StandingsEvent = PresentedEvent & {
  readonly standings: readonly Standing[]
  readonly removedUserIds: readonly UserId[]
}

export type SnapshotCreatedEvent = StandingsEvent & { readonly snapshotId: string }

const MAX_SNAPSHOT = 1000

export const leaderboardSource = defineService('leaderboards: source', ({ database }) =>
  createLeaderboardSource(database),
)

export function createLeaderboardSource(database: Database): Source<readonly Standing[]> {
  const history = createHistory(database)
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

    async prepare(topic, entries) {
      const [first] = entries
      const stored = entries.map(storedChange)
      const span = dependencySpan(stored)
      if (first === undefined || span === 0) return decodeChanges(stored)
      const start = { epoch: first.epoch, offset: asOffset(first.offset - span - 1) }
      const earlier = await history.readAfter(topic, start, span)
      if (earlier[0]?.offset !== first.offset - span) throw unreadable(first)
      return decodeChanges([...earlier.map(storedChange), ...stored]).slice(span)
    },

    present(entry, standings): StandingsEvent | SnapshotCreatedEvent {
      if (standings === undefined) throw unreadable(entry)
      const event = { ...presentEntry(entry), standings, removedUserIds: removedBy(entry) }
      return 'snapshotId' in entry.data ? { ...event, snapshotId: String(entry.data.snapshotId) } : event
    },
  }
}

function storedChange(entry: Entry): StoredChange {
  if (!isStoredChange(entry)) throw unreadable(entry)
  return entry
}

function removedBy(entry: Entry): readonly UserId[] {
  const { data } = storedChange(entry)
  return 'removed' in data ? (data.removed ?? []) : []
}

function isStoredChange<Given extends Entry>(entry: Given): entry is Given & StoredChange {
  return 'standings' in entry.data || (entry.type === 'RankingChanged' && 'back' in entry.data)
}
