import { type NotificationId, publicRoomId, type UserId } from '../../kernel/id.ts'
import type { Message } from '../message/message.ts'
import type { Room } from '../room/room.ts'
import type { Notification, NotificationKind } from './notification.ts'

/** Whom a new message is told to beside its room. */
export interface MessageTelling {
  readonly userId: UserId
  readonly kind: Extract<NotificationKind, 'MENTION' | 'DIRECT_MESSAGE'>
}

/**
 * Those mentioned, in a direct room the other one; never the author, and of others only `members`: those of the mentioned,
 * in a direct room both, who are members now.
 */
export function tellingsOf(
  { author, mentions }: Message,
  { kind }: Room,
  members: ReadonlySet<UserId>,
): readonly MessageTelling[] {
  const isDirect = kind === 'DIRECT'
  const named = isDirect ? [...members] : mentions.map(({ id }) => id)
  return named
    .filter((userId) => userId !== author.id && members.has(userId))
    .map((userId) => ({ userId, kind: isDirect ? 'DIRECT_MESSAGE' : 'MENTION' }))
}

/** Says who and where, not what: a message may be deleted, and then nothing of it is to be left. */
export function messageNotification(
  { kind }: MessageTelling,
  { id: messageId, author, roomId, offset, sentAt }: Message,
  { name }: Room,
  id: NotificationId,
): Notification {
  const wording =
    kind === 'DIRECT_MESSAGE'
      ? { title: author.name, body: `${author.name} wrote to you.` }
      : { title: `${author.name} mentioned you`, body: `${author.name} mentioned you in “${name}”.` }
  const data = { roomId: publicRoomId(roomId), messageId, offset, authorId: author.id }
  return { id, kind, ...wording, subjectId: messageId, data, createdAt: sentAt, readAt: null }
}
