import type { Aggregate } from '../../engine/commands/aggregate.ts'
import type { NotificationHook } from './hooks.ts'
import type { NotificationId } from './ids.ts'
import { notify } from './notify.ts'
import type { Notification } from './rules/notification.ts'
import { decideNotify, type Notified, type NotifyCommand, type NotifyReply } from './rules/notify.ts'

/** The notifications that the loaded commands wrote. */
type State = ReadonlyMap<NotificationId, Notification>

/**
 * Notifications that one service sends: its topic orders commands and stores their idempotency keys, and has no
 * entries.
 */
export const createServiceNotificationsAggregate = (
  hooks: readonly NotificationHook[],
): Aggregate<NotifyCommand, NotifyReply, State, Notified, readonly Notification[]> => ({
  topicsBegunBy: ({ topic }) => [topic],

  load: async () => new Map(),

  decide: (_state, { actor, body }, { now }) => decideNotify(body, { actor, now }),

  evolve: (state, { addressed }) =>
    new Map([...state, ...addressed.map(({ notification }) => [notification.id, notification] as const)]),

  entryOf: () => undefined,

  async save(tx, { now, steps }) {
    const elsewhere = await notify(
      tx,
      steps.flatMap(({ event }) => event.addressed),
      now,
      hooks,
    )
    return { elsewhere, cached: undefined }
  },

  viewOf: (after, { ids }) => ids.flatMap((id) => after.get(id) ?? []),
})
