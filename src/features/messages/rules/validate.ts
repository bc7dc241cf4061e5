import type { Rejected } from '../../../engine/kernel/decision.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import { isStorable, lengthOf, lengthRule, trimmedWithin } from '../../../engine/kernel/text.ts'
import type { Room } from '../../rooms/rules/room.ts'
import type { MessageId } from '../ids.ts'
import type { MessageCommand } from './command.ts'
import type { Message } from './message.ts'
import { reject } from './rejections.ts'

const MAX_BODY = 4000
const MAX_MENTIONS = 50
const MAX_CLIENT_MESSAGE_ID = 128

type Send = Extract<MessageCommand, { readonly kind: 'send' }>

/** Checked content of a message: a body as stored, each mention once. */
export interface Draft {
  readonly kind: 'draft'
  readonly body: string
  readonly mentions: readonly Person[]
}

export function draftOf(
  command: Send,
  room: Room,
  messages: ReadonlyMap<MessageId, Message>,
): Draft | Rejected {
  if (!isClientMessageId(command.clientMessageId)) {
    const reason = `A clientMessageId has 1 to ${MAX_CLIENT_MESSAGE_ID} characters, none of them NUL.`
    return reject('INVALID_INPUT', reason, { field: 'clientMessageId' })
  }
  const body = storedBody(command.body)
  if (body === undefined) return rejectBody()
  const mentions = distinct(command.mentions)
  const tooMany = rejectMentions(mentions)
  if (tooMany !== undefined) return tooMany
  if (command.replyToId !== null && messages.get(command.replyToId)?.roomId !== room.id) {
    return reject('INVALID_INPUT', 'A reply must refer to a message in the same room.', {
      field: 'replyToId',
    })
  }
  return { kind: 'draft', body, mentions }
}

/** `body` as stored, trimmed; undefined if it is invalid. */
export function storedBody(body: string): string | undefined {
  return trimmedWithin(body, MAX_BODY)
}

export function rejectBody(): Rejected {
  return reject('INVALID_INPUT', `A message has ${lengthRule(MAX_BODY)}.`, { field: 'body' })
}

/** Undefined if a message may mention that many. */
export function rejectMentions(mentions: readonly Person[]): Rejected | undefined {
  if (mentions.length <= MAX_MENTIONS) return undefined
  const reason = `A message can mention at most ${MAX_MENTIONS} users.`
  return reject('INVALID_INPUT', reason, { field: 'mentions' })
}

/** Not trimmed: for the client this is a key, and keys may differ in whitespace. */
function isClientMessageId(id: string): boolean {
  const length = lengthOf(id)
  return isStorable(id) && length >= 1 && length <= MAX_CLIENT_MESSAGE_ID
}

/** Each user once. */
export function distinct(mentions: readonly Person[]): readonly Person[] {
  return [...new Map(mentions.map((person) => [person.id, person])).values()]
}
