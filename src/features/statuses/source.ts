import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { Part, PresentedEvent, Source } from '../../engine/hub/source.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { actorOf, type Viewer } from '../../platform/auth/viewer.ts'
import { readStatuses } from './reads/statuses.ts'
import { losesStatus, type StatusRemoved, seesStatus } from './rules/report.ts'
import { asStatusKind, type Status } from './rules/status.ts'

interface StatusData {
  readonly status: Status
  readonly previousState: string | null
}

type RemovedData = Omit<StatusRemoved, 'type'>

export type StatusChangedEvent = PresentedEvent & StatusData
export type StatusRemovedEvent = PresentedEvent & RemovedData

export interface StatusesSource extends Source {
  /** The same, limited to some subjects. */
  of(subjectIds: readonly string[]): Part
}

export const MAX_STATUSES = 1000

export const statusesSource = defineService('statuses: source', ({ database }) =>
  createStatusesSource(database),
)

function createStatusesSource(database: Database): StatusesSource {
  async function snapshot(
    topic: Parameters<Source['snapshot']>[0],
    viewer: Viewer | null,
    ids: readonly string[] | null,
  ) {
    if (viewer === null) throw new RangeError('statuses require a signed-in viewer')
    const wanted = { kind: asStatusKind(idOf(topic)), subjectIds: ids, caller: actorOf(viewer) }
    const { position, at, statuses } = await readStatuses(database, wanted, MAX_STATUSES)
    return { position, at, state: { statuses } }
  }

  return {
    snapshotType: 'StatusesSnapshot',
    isSnapshotShared: false,
    snapshot: (topic, viewer) => snapshot(topic, viewer, null),

    present(entry): StatusChangedEvent | StatusRemovedEvent {
      const { data } = entry
      if (isStatusData(data) || isRemovedData(data)) return { ...data, ...presentEntry(entry) }
      throw unreadable(entry)
    },

    sees(event, _access, viewer) {
      const caller = viewer === null ? null : actorOf(viewer)
      if (isRemovedData(event)) return losesStatus(caller, event)
      return isStatusData(event) && seesStatus(caller, event.status)
    },

    of(subjectIds) {
      const wanted = new Set(subjectIds)
      return {
        snapshot: (topic, viewer) => snapshot(topic, viewer, subjectIds),
        has(event) {
          if (isRemovedData(event)) return wanted.has(event.subjectId)
          return isStatusData(event) && wanted.has(event.status.subjectId)
        },
      }
    },
  }
}

function isRemovedData(data: object): data is RemovedData {
  return 'subjectId' in data && 'from' in data && 'to' in data
}

function isStatusData(data: object): data is StatusData {
  return 'status' in data && 'previousState' in data
}
