import { and, eq, inArray, or, sql } from 'drizzle-orm'
import type { MessageCommand, MessageReply } from '../../domain/message/command.ts'
import { decideMessage } from '../../domain/message/decide.ts'
import type { MessageEvent } from '../../domain/message/event.ts'
import { evolveMessages } from '../../domain/message/evolve.ts'
import type { Message } from '../../domain/message/message.ts'
import type { RoomFacts } from '../../domain/room/room.ts'
import { asRoomId, type MessageId, type RoomId } from '../../kernel/id.ts'
import { formatInstant } from '../../kernel/instant.ts'
import { isStorable } from '../../kernel/text.ts'
import { idOf } from '../../kernel/topic.ts'
import type { Transaction } from '../../log/database.ts'
import { messages } from '../../log/schema.ts'
import { type Aggregate, type Change, SAVED } from '../aggregate.ts'
import type { Command } from '../commands.ts'
import { tellOfMessages } from './message-tellings.ts'
import { actorsOf, loadRoomFacts } from './room-facts.ts'

interface Sent {
  readonly message: Message
  readonly fingerprint: string
}

interface State {
  readonly room: RoomFacts | null
  /** Those that the commands name. */
  readonly messages: ReadonlyMap<MessageId, Message>
  /** What was sent before under the clientMessageIds of the commands, by author and that id. */
  readonly sent: ReadonlyMap<string, Sent>
}

/** `isPushed`: whether notifications go to the webhook, too. */
export const createMessagesAggregate = (
  isPushed: boolean,
): Aggregate<MessageCommand, MessageReply, State, MessageEvent, Message> => ({
  topicsBegunBy: () => [],

  async load(tx, topic, commands) {
    const roomId = asRoomId(idOf(topic))
    const room = (await loadRoomFacts(tx, roomId, actorsOf(commands), 'share')) ?? null
    const rows = await loadNamed(tx, roomId, commands)
    return {
      room,
      messages: new Map(rows.map((row) => [row.id, messageFrom(row)])),
      sent: new Map(
        rows.map((row) => [
          sentKey(row.authorId, row.clientMessageId),
          { message: messageFrom(row), fingerprint: row.fingerprint },
        ]),
      ),
    }
  },

  decide(state, { actor, body }, { now, next }) {
    const author = actor.kind === 'user' ? actor.person.id : ''
    const sent = body.kind === 'send' ? state.sent.get(sentKey(author, body.clientMessageId)) : undefined
    return decideMessage(body, { ...state, now, actor, sent, offset: next })
  },

  evolve(state, event) {
    const after = { ...state, messages: evolveMessages(state.messages, event) }
    if (event.type !== 'MessageSent') return after
    const { message, clientMessageId, fingerprint } = event
    const sent = new Map(state.sent).set(sentKey(message.author.id, clientMessageId), {
      message,
      fingerprint,
    })
    return { ...after, sent }
  },

  entryOf: ({ type, message }) => ({ type, data: { message } }),

  async save(tx, change) {
    await saveSent(tx, change)
    const sent = new Set(
      change.steps.flatMap(({ event }) => (event.type === 'MessageSent' ? [event.message.id] : [])),
    )
    const touched = new Set(change.steps.map(({ event }) => event.message.id))
    for (const id of touched) {
      const message = change.after.messages.get(id)
      const isAsSent =
        sent.has(id) && change.steps.filter(({ event }) => event.message.id === id).length === 1
      if (message !== undefined && !isAsSent) await saveChange(tx, message)
    }
    const room = change.after.room?.room
    if (room === undefined) return SAVED
    return { elsewhere: await tellOfMessages(tx, room, change, isPushed), kept: undefined }
  },

  viewOf(after, { messageId }) {
    const message = after.messages.get(messageId)
    if (message === undefined) throw new RangeError('an accepted command names a message')
    return message
  },
})

function sentKey(authorId: string, clientMessageId: string): string {
  return `${authorId}\n${clientMessageId}`
}

type Row = typeof messages.$inferSelect

function messageFrom({ authorId, authorName, ...row }: Row): Message {
  const { id, roomId, body, mentions, replyToId, offset, sentAt, editedAt, deletedAt } = row
  const author = { id: authorId, name: authorName }
  return { id, roomId, author, body, mentions, replyToId, offset, sentAt, editedAt, deletedAt }
}

async function loadNamed(
  tx: Transaction,
  roomId: RoomId,
  commands: readonly Command<MessageCommand>[],
): Promise<readonly Row[]> {
  const bodies = commands.map(({ body }) => body)
  const ids = bodies.flatMap((body) => (body.kind === 'send' ? (body.replyToId ?? []) : body.id))
  // What can't be stored was never sent; the database would take it for a fault before it is refused.
  const clientIds = bodies.flatMap((body) =>
    body.kind === 'send' && isStorable(body.clientMessageId) ? body.clientMessageId : [],
  )
  const authors = actorsOf(commands)
  if (ids.length === 0 && clientIds.length === 0) return []
  return await tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.roomId, roomId),
        or(
          ids.length === 0 ? undefined : inArray(messages.id, ids),
          clientIds.length === 0
            ? undefined
            : and(
                inArray(sql`${messages.authorId}`, [...new Set(authors)]),
                inArray(messages.clientMessageId, clientIds),
              ),
        ),
      ),
    )
}

async function saveSent(tx: Transaction, { now, steps }: Change<State, MessageEvent>): Promise<void> {
  const rows = steps.flatMap(({ event }) => {
    if (event.type !== 'MessageSent') return []
    const { message, clientMessageId, fingerprint } = event
    const { id, roomId, offset, author, body, mentions, replyToId } = message
    return [
      {
        id,
        r: roomId,
        o: offset,
        a: author.id,
        n: author.name,
        c: clientMessageId,
        f: fingerprint,
        b: body,
        m: mentions,
        p: replyToId,
      },
    ]
  })
  if (rows.length === 0) return
  await tx.execute(sql`
    INSERT INTO messages (id, room_id, "offset", author_id, author_name, client_message_id, fingerprint, body, mentions, reply_to_id, sent_at)
    SELECT id, r, o, a, n, c, f, b, m, p, ${formatInstant(now)}::timestamptz
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(id text, r text, o bigint, a text, n text, c text, f text, b text, m json, p text)`)
}

async function saveChange(
  tx: Transaction,
  { id, body, mentions, editedAt, deletedAt }: Message,
): Promise<void> {
  await tx.update(messages).set({ body, mentions, editedAt, deletedAt }).where(eq(messages.id, id))
}
