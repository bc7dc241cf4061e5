import { and, eq, or, sql } from 'drizzle-orm'
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
import { allSettled } from '../../log/all-settled.ts'
import type { Transaction } from '../../log/database.ts'
import { messages } from '../../log/schema.ts'
import { prepared, statement } from '../../log/statement.ts'
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
    const [room, rows] = await allSettled([
      loadRoomFacts(tx, roomId, actorsOf(commands), 'share'),
      loadNamed(tx, roomId, commands),
    ])
    return {
      room: room ?? null,
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

const NAMED = prepared((executor) =>
  executor
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.roomId, sql.placeholder('roomId')),
        or(
          sql`${messages.id} = ANY(${sql.placeholder('ids')}::text[])`,
          and(
            sql`${messages.authorId} = ANY(${sql.placeholder('authors')}::text[])`,
            sql`${messages.clientMessageId} = ANY(${sql.placeholder('clientIds')}::text[])`,
          ),
        ),
      ),
    )
    .prepare('named_messages'),
)

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
  return await NAMED(tx).execute({ roomId, ids, authors: [...new Set(authors)], clientIds })
}

const SAVE_SENT = statement(
  'save_sent',
  `INSERT INTO messages
    (id, room_id, "offset", author_id, author_name, client_message_id, fingerprint, body, mentions, reply_to_id, sent_at)
  SELECT id, r, o, a, n, c, f, b, m, p, $1::timestamptz
  FROM json_to_recordset($2::json)
    AS row(id text, r text, o bigint, a text, n text, c text, f text, b text, m json, p text)`,
)

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
  await SAVE_SENT(tx, formatInstant(now), JSON.stringify(rows))
}

async function saveChange(
  tx: Transaction,
  { id, body, mentions, editedAt, deletedAt }: Message,
): Promise<void> {
  await tx.update(messages).set({ body, mentions, editedAt, deletedAt }).where(eq(messages.id, id))
}
