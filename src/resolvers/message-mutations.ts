import type { Outcome } from '../engine/commands/command.ts'
import type { Actor } from '../engine/kernel/actor.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import { messageFamily } from '../features/messages/family.ts'
import { asMessageId, newMessageId } from '../features/messages/ids.ts'
import { readMessage } from '../features/messages/reads/messages.ts'
import type { MessageCommand, MessageReply } from '../features/messages/rules/command.ts'
import type { Message } from '../features/messages/rules/message.ts'
import { messagesTopic } from '../features/messages/topics.ts'
import { asRoomId, type RoomId } from '../features/rooms/ids.ts'
import type { CallContext } from './context.ts'
import { fingerprint } from './fingerprint.ts'
import { findKnownUsers } from './known-users.ts'
import { contactsRefusal } from './quotas.ts'
import { notFoundResult, type RejectedResult, refusalOf } from './result.ts'
import type { Services } from './services.ts'
import { actorIn } from './signed-in.ts'

export interface MessagePayload {
  readonly kind: 'accepted'
  readonly message: Message
  readonly cursor: Cursor
}

export type MessageResult = MessagePayload | RejectedResult

export interface SendMessageInput {
  readonly roomId: string
  readonly body: string
  readonly clientMessageId: string
  readonly mentions?: readonly string[] | null | undefined
  readonly replyToId?: string | null | undefined
}

/** Mentions of unknown users are dropped; the fingerprint contains what the client sent. */
export async function sendMessage(input: SendMessageInput, context: CallContext): Promise<MessageResult> {
  const actor = actorIn(context)
  const body = input.body.trim()
  const mentions = (input.mentions ?? []).map(asUserId)
  const replyToId = input.replyToId ?? null
  const refusal = await contactsRefusal(context, new Set(mentions).size)
  if (refusal !== undefined) return refusal
  const command: MessageCommand = {
    kind: 'send',
    id: newMessageId(),
    clientMessageId: input.clientMessageId,
    fingerprint: fingerprint('sendMessage', { body, mentions, replyToId }),
    body,
    mentions: await findKnownUsers(context.services, mentions),
    replyToId: replyToId === null ? null : asMessageId(replyToId),
  }
  return giveMessageCommand(context.services, asRoomId(input.roomId), actor, command)
}

export interface EditMessageArgs {
  readonly messageId: string
  readonly body: string
  /** Replace the previous ones; null and undefined leave them unchanged. */
  readonly mentions?: readonly string[] | null | undefined
}

/** Mentions of unknown users are dropped. Only newly mentioned users count as reached. */
export async function editMessage(args: EditMessageArgs, context: CallContext): Promise<MessageResult> {
  const { body } = args
  const named = args.mentions?.map(asUserId)
  return changeMessage(args, context, async ({ id, mentions: earlier }) => {
    if (named === undefined) return { kind: 'edit', id, body }
    const known = new Set(earlier.map((user) => user.id))
    const added = new Set(named.filter((userId) => !known.has(userId)))
    const refusal = await contactsRefusal(context, added.size)
    if (refusal !== undefined) return refusal
    return { kind: 'edit', id, body, mentions: await findKnownUsers(context.services, named) }
  })
}

export async function deleteMessage(
  args: { readonly messageId: string },
  context: CallContext,
): Promise<MessageResult> {
  return changeMessage(args, context, async (message) => ({ kind: 'delete', id: message.id }))
}

/** A message id does not contain its room, so the room is looked up first. */
async function changeMessage(
  args: { readonly messageId: string },
  context: CallContext,
  commandFor: (message: Message) => Promise<MessageCommand | RejectedResult>,
): Promise<MessageResult> {
  const actor = actorIn(context)
  const message = await readMessage(context.services.database, asMessageId(args.messageId), actor)
  if (message === undefined) return notFoundResult('messageId')
  const command = await commandFor(message)
  if (command.kind === 'rejected') return command
  return giveMessageCommand(context.services, message.roomId, actor, command)
}

async function giveMessageCommand(
  services: Services,
  roomId: RoomId,
  actor: Actor,
  command: MessageCommand,
): Promise<MessageResult> {
  const outcome: Outcome<MessageReply, Message> = await services.dispatch(
    messageFamily,
    roomId,
    actor,
    command,
  )
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const { reply, position, state } = outcome
  const message = state ?? (await readMessage(services.database, reply.messageId, actor))
  if (message === undefined) return notFoundResult()
  // A retry of a message gets the first answer's cursor, however long the history has grown since.
  const offset = command.kind === 'send' ? message.offset : position.offset
  return { kind: 'accepted', message, cursor: encodeCursor(messagesTopic(roomId), { ...position, offset }) }
}
