import { type Actor, isPrivileged } from '../../../engine/kernel/actor.ts'
import { accept, type Decision, forbid, reject } from '../../../engine/kernel/decision.ts'
import { isUserId, type UserId, userIdRule } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { lengthOf, lengthRule, nameWithin, trimmedWithin } from '../../../engine/kernel/text.ts'
import type { NotificationId } from '../ids.ts'
import type { Notification, NotificationKind } from './notification.ts'

/** A service notifies users, each once even if named repeatedly. */
export interface NotifyCommand {
  readonly recipients: readonly { readonly userId: UserId; readonly id: NotificationId }[]
  readonly kind: NotificationKind
  readonly title: string
  readonly body: string
  readonly subjectId: string | null
  readonly data: unknown
}

export interface NotifyReply {
  readonly ids: readonly NotificationId[]
}

/** Not an entry on the service's own topic: each notification is an entry on its user's topic. */
export interface Notified {
  readonly addressed: readonly { readonly userId: UserId; readonly notification: Notification }[]
}

const MAX_RECIPIENTS = 1000
const MAX_TITLE = 200
const MAX_BODY = 4000
const MAX_SUBJECT = 200

export function decideNotify(
  { recipients, kind, subjectId, data, ...given }: NotifyCommand,
  { actor, now }: { readonly actor: Actor; readonly now: Instant },
): Decision<Notified, NotifyReply> {
  if (!isPrivileged(actor)) return forbid('Only services and administrators can notify users.')
  const distinct = [...new Map(recipients.map((each) => [each.userId, each])).values()]
  if (distinct.length === 0 || distinct.length > MAX_RECIPIENTS) {
    return reject('INVALID_INPUT', `Give 1 to ${MAX_RECIPIENTS} users to notify.`, { field: 'userIds' })
  }
  if (!distinct.every(({ userId }) => isUserId(userId))) {
    return reject('INVALID_INPUT', `A user's id ${userIdRule()}.`, { field: 'userIds' })
  }
  const title = nameWithin(given.title, MAX_TITLE)
  if (title === undefined)
    return reject('INVALID_INPUT', `A title has ${lengthRule(MAX_TITLE)}.`, { field: 'title' })
  const body = trimmedWithin(given.body, MAX_BODY)
  if (body === undefined)
    return reject('INVALID_INPUT', `A body has ${lengthRule(MAX_BODY)}.`, { field: 'body' })
  if (subjectId !== null && lengthOf(subjectId) > MAX_SUBJECT) {
    return reject('INVALID_INPUT', `An id has at most ${MAX_SUBJECT} characters.`, { field: 'subjectId' })
  }
  const addressed = distinct.map(({ userId, id }) => {
    return { userId, notification: { id, kind, title, body, subjectId, data, createdAt: now, readAt: null } }
  })
  return accept([{ addressed }], { ids: distinct.map(({ id }) => id) })
}
