import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source } from '../../engine/hub/source.ts'
import { asUserId } from '../../engine/kernel/id.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import type { NotificationId } from './ids.ts'
import { readUnread } from './reads/notifications.ts'
import type { Notification } from './rules/notification.ts'

interface CreatedData {
  readonly notification: Notification
}

interface SettledData {
  readonly ids: readonly NotificationId[]
  readonly unreadCount: number
}

export type NotificationCreatedEvent = PresentedEvent & CreatedData
/** NotificationsRead, NotificationsWithdrawn. */
export type NotificationsSettledEvent = PresentedEvent & SettledData

const MAX_SNAPSHOT = 200

export const notificationsSource = defineService('notifications: source', ({ database }) =>
  createNotificationsSource(database),
)

/** A topic holds one user's notifications: anyone allowed to read it sees them all. */
function createNotificationsSource(database: Database): Source {
  return {
    snapshotType: 'NotificationsSnapshot',
    isSnapshotShared: true,

    async snapshot(topic) {
      const { position, at, ...state } = await readUnread(database, asUserId(idOf(topic)), MAX_SNAPSHOT)
      return { position, at, state }
    },

    present(entry): NotificationCreatedEvent | NotificationsSettledEvent {
      const { data } = entry
      if (isCreatedData(data) || isSettledData(data)) return { ...data, ...presentEntry(entry) }
      throw unreadable(entry)
    },
  }
}

function isCreatedData(data: object): data is CreatedData {
  return 'notification' in data
}

function isSettledData(data: object): data is SettledData {
  return 'ids' in data
}
