import { type Actor, isActor } from '../../../engine/kernel/actor.ts'
import { accept, type Decision, forbid } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import { canModerate, canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { Membership, Room, RoomFacts } from '../../rooms/rules/room.ts'
import type { MessageId } from '../ids.ts'
import type { MessageCommand, MessageReply } from './command.ts'
import { withoutContent } from './erase.ts'
import type { MessageEvent } from './event.ts'
import type { Message } from './message.ts'
import { reasonNotToPost, rejectEnded } from './posting-permission.ts'
import { reject } from './rejections.ts'
import { distinct, draftOf, rejectBody, rejectMentions, storedBody } from './validate.ts'

export type MessageDecision = Decision<MessageEvent, MessageReply>

export interface MessageContext {
  readonly now: Instant
  readonly actor: Actor
  /** Null if the room does not exist. */
  readonly room: RoomFacts | null
  /** Those that the command names, if they exist: its target, and what it replies to. */
  readonly messages: ReadonlyMap<MessageId, Message>
  /** The message that the actor sent earlier in this room under the same clientMessageId. */
  readonly sent: { readonly message: Message; readonly fingerprint: string } | undefined
  /** The offset of the next entry. */
  readonly offset: Offset
}

type CommandOf<Kind extends MessageCommand['kind']> = Extract<MessageCommand, { readonly kind: Kind }>
type Rejected = Exclude<MessageDecision, { readonly kind: 'accepted' }>

/** The context of a command whose actor sees the room. `own` is the actor's current membership, if any. */
interface PostingContext extends Omit<MessageContext, 'actor' | 'room'> {
  readonly room: Room
  readonly actor: Extract<Actor, { readonly kind: 'user' }>
  readonly own: Membership | undefined
}

/** Decides one command on a room's messages. Only users send these commands. */
export function decideMessage(command: MessageCommand, context: MessageContext): MessageDecision {
  const { actor, room: facts, now, messages, sent, offset } = context
  if (actor.kind === 'system') return forbid('The server itself cannot post messages.')
  const own = facts === null ? undefined : membershipOf(actor, facts.memberships)
  if (facts === null || !canSeeRoom(actor, facts.room, own)) return rejectUnseen(command)
  const visible: PostingContext = { room: facts.room, actor, own, now, messages, sent, offset }
  switch (command.kind) {
    case 'send':
      return send(command, visible)
    case 'edit':
      return edit(command, visible)
    case 'delete':
      return remove(command, visible)
  }
}

function send(command: CommandOf<'send'>, context: PostingContext): MessageDecision {
  const { room, actor, now, messages, sent, offset } = context
  // Checked first: a retry gets the first answer, even if its author has been muted or the room has ended since.
  if (sent !== undefined) {
    return sent.fingerprint === command.fingerprint
      ? accepted(sent.message.id)
      : reject('IDEMPOTENCY_KEY_REUSED', 'A different message was already sent with this clientMessageId.')
  }
  const refusal = reasonNotToPost(context)
  if (refusal !== undefined) return refusal
  const draft = draftOf(command, room, messages)
  if (draft.kind === 'rejected') return draft

  const { id, clientMessageId, fingerprint, replyToId } = command
  const message: Message = {
    id,
    roomId: room.id,
    author: actor.person,
    body: draft.body,
    mentions: draft.mentions,
    replyToId,
    offset,
    sentAt: now,
    editedAt: null,
    deletedAt: null,
  }
  return accepted(id, { type: 'MessageSent', message, clientMessageId, fingerprint })
}

function edit(command: CommandOf<'edit'>, context: PostingContext): MessageDecision {
  const message = messageOf(command.id, context)
  if (message === undefined) return rejectUnseen(command)
  if (!isActor(context.actor, message.author)) {
    return reject('NOT_AUTHOR', 'Only the author can edit a message.')
  }
  if (message.deletedAt !== null) return reject('INVALID_TRANSITION', 'The message has been deleted.')
  const body = storedBody(command.body)
  const mentions = command.mentions === undefined ? message.mentions : distinct(command.mentions)
  // Checked before the rest, so that a retry is accepted whatever happened in between.
  if (body === message.body && isSame(mentions, message.mentions)) return accepted(message.id)
  const refusal = reasonNotToPost(context)
  if (refusal !== undefined) return refusal
  if (body === undefined) return rejectBody()
  const tooMany = rejectMentions(mentions)
  if (tooMany !== undefined) return tooMany
  const edited: Message = { ...message, body, mentions, editedAt: context.now }
  return accepted(message.id, { type: 'MessageEdited', message: edited })
}

function remove(command: CommandOf<'delete'>, context: PostingContext): MessageDecision {
  const { room, actor, own, now } = context
  const message = messageOf(command.id, context)
  if (message === undefined) return rejectUnseen(command)
  const moderates = canModerate(actor, own)
  if (!moderates && !isActor(actor, message.author)) {
    return reject('NOT_AUTHOR', 'Only the author and moderators can delete a message.')
  }
  if (message.deletedAt !== null) return accepted(message.id)
  if (!moderates && room.phase === 'ENDED') return rejectEnded()
  const deleted: Message = { ...withoutContent(message), deletedAt: now }
  return accepted(message.id, { type: 'MessageDeleted', message: deleted })
}

/** Whether both name the same users, in the same order; names may have changed. */
function isSame(some: readonly Person[], others: readonly Person[]): boolean {
  return some.length === others.length && some.every(({ id }, index) => others[index]?.id === id)
}

/** The message, if it belongs to this room. */
function messageOf(id: MessageId, { messages, room }: PostingContext): Message | undefined {
  const message = messages.get(id)
  return message?.roomId === room.id ? message : undefined
}

function accepted(messageId: MessageId, ...events: readonly MessageEvent[]): MessageDecision {
  return accept(events, { messageId })
}

function rejectUnseen(command: MessageCommand): Rejected {
  return command.kind === 'send'
    ? reject('NOT_FOUND', 'Room not found.', { field: 'roomId' })
    : reject('NOT_FOUND', 'Message not found.', { field: 'messageId' })
}
