import type { UserId } from '../../../engine/kernel/id.ts'
import type { MessageId } from '../../messages/ids.ts'
import type { Message, MessageChange } from '../../messages/rules/message.ts'
import { publicRoomId } from '../../rooms/ids.ts'
import type { Room } from '../../rooms/rules/room.ts'
import type { NotificationId } from '../ids.ts'
import type { Notification, NotificationKind } from './notification.ts'

/** A user to notify of a message, in addition to its room. */
export interface MessageRecipient {
  readonly userId: UserId
  readonly kind: Extract<NotificationKind, 'MENTION' | 'DIRECT_MESSAGE'>
}

/**
 * For a new message, the mentioned users or, in a direct room, the other member; for an edited one, newly mentioned
 * users. Never the author, and only those in `members`: the mentioned users, or both users of a direct room, who are
 * members now.
 */
export function recipientsOf(
  { before, after }: MessageChange,
  { kind }: Room,
  members: ReadonlySet<UserId>,
): readonly MessageRecipient[] {
  if (after.deletedAt !== null) return []
  const isDirect = kind === 'DIRECT'
  const isNotified = (userId: UserId): boolean => userId !== after.author.id && members.has(userId)
  if (isDirect) {
    const others = before === undefined ? [...members].filter(isNotified) : []
    return others.map((userId) => ({ userId, kind: 'DIRECT_MESSAGE' }))
  }
  const earlier = mentionedIn(before)
  return [...mentionedIn(after)]
    .filter((userId) => !earlier.has(userId) && isNotified(userId))
    .map((userId) => ({ userId, kind: 'MENTION' }))
}

/** The unread notifications of a message that no longer apply: those of all users except `kept`. */
export interface Withdrawal {
  readonly messageId: MessageId
  readonly kept: readonly UserId[]
}

/** Undefined if every notification of the message still applies. */
export function withdrawalOf({ before, after }: MessageChange, { kind }: Room): Withdrawal | undefined {
  if (before === undefined) return undefined
  const { id: messageId } = after
  if (after.deletedAt !== null) return before.deletedAt === null ? { messageId, kept: [] } : undefined
  const kept = mentionedIn(after)
  const isNarrower = [...mentionedIn(before)].some((userId) => !kept.has(userId))
  return isNarrower && kind !== 'DIRECT' ? { messageId, kept: [...kept] } : undefined
}

/** Names the author and the room, not the content: a message may be deleted, and then nothing of it may remain. */
export function messageNotification(
  { kind }: MessageRecipient,
  { id: messageId, author, roomId, offset, sentAt, editedAt }: Message,
  { name }: Room,
  id: NotificationId,
): Notification {
  const wording =
    kind === 'DIRECT_MESSAGE'
      ? { title: author.name, body: `${author.name} wrote to you.` }
      : { title: `${author.name} mentioned you`, body: `${author.name} mentioned you in “${name}”.` }
  const data = { roomId: publicRoomId(roomId), messageId, offset, authorId: author.id }
  return { id, kind, ...wording, subjectId: messageId, data, createdAt: editedAt ?? sentAt, readAt: null }
}

function mentionedIn(message: Message | undefined): ReadonlySet<UserId> {
  return new Set(message?.mentions.map(({ id }) => id))
}
