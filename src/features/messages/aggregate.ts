import { eq, sql } from 'drizzle-orm'
import type { AggregateChange, BatchAggregate, LoadRequest } from '../../engine/commands/aggregate.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { isStorable } from '../../engine/kernel/text.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { prepared, statement } from '../../engine/storage/statement.ts'
import { actorsOf, lockFactsOfRooms } from '../rooms/facts.ts'
import { asRoomId, type RoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { eraseMessages } from './erase-messages.ts'
import type { MessageHook, RoomMessagesChange } from './hooks.ts'
import type { MessageId } from './ids.ts'
import type { MessageCommand, MessageReply } from './rules/command.ts'
import { decideMessage } from './rules/decide.ts'
import type { MessageEvent } from './rules/event.ts'
import { evolveMessages } from './rules/evolve.ts'
import type { Message } from './rules/message.ts'
import { messages } from './tables.ts'

interface Sent {
  readonly message: Message
  readonly fingerprint: string
}

interface State {
  readonly room: RoomFacts | null
  /** Only those that the commands name. */
  readonly messages: ReadonlyMap<MessageId, Message>
  /** Messages sent earlier under the commands' clientMessageIds, by author and clientMessageId. */
  readonly sent: ReadonlyMap<string, Sent>
}

export const createMessagesAggregate = (
  hooks: readonly MessageHook[],
): BatchAggregate<MessageCommand, MessageReply, State, MessageEvent, Message> => ({
  topicsBegunBy: () => [],

  async loadAll(tx, asked) {
    const [rooms, named] = await allSettled([
      lockFactsOfRooms(
        tx,
        asked.map(({ topic, commands }) => ({ roomId: roomOf(topic), userIds: actorsOf(commands) })),
      ),
      loadNamed(tx, asked),
    ])
    const byRoom = Map.groupBy(named, ({ roomId }) => roomId)
    return asked.map(({ topic }) => stateOf(rooms.get(roomOf(topic)), byRoom.get(roomOf(topic))))
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

  async saveAll(tx, changes) {
    const rooms = changes.flatMap(roomChange)
    const [elsewhere] = await allSettled([
      allSettled(hooks.map((hook) => hook.onChange?.(tx, rooms) ?? [])).then((each) => each.flat()),
      saveSent(tx, changes),
      ...changes.flatMap(touchedAgain).map((message) => saveChange(tx, message)),
      eraseMessages(tx, changes.flatMap(deletedBy)),
    ])
    // The rows cover all topics together.
    return changes.map((_, index) => ({ elsewhere: index === 0 ? elsewhere : [], cached: undefined }))
  },

  viewOf(after, { messageId }) {
    const message = after.messages.get(messageId)
    if (message === undefined) throw new RangeError('an accepted command names a message')
    return message
  },
})

function roomOf(topic: Topic): RoomId {
  return asRoomId(idOf(topic))
}

function stateOf(room: RoomFacts | undefined, rows: readonly Row[] = []): State {
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
}

function sentKey(authorId: string, clientMessageId: string): string {
  return `${authorId}\n${clientMessageId}`
}

type Row = typeof messages.$inferSelect

function messageFrom({ authorId, authorName, ...row }: Row): Message {
  const { id, roomId, body, mentions, replyToId, offset, sentAt, editedAt, deletedAt } = row
  const author = { id: authorId, name: authorName }
  return { id, roomId, author, body, mentions, replyToId, offset, sentAt, editedAt, deletedAt }
}

const FIND_SENT = statement<{ id: MessageId }>(
  'find_sent',
  // LIMIT keeps the planner from scanning the whole table, which it does when it believes the table is small.
  `SELECT found.id FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted(room, author, client),
    LATERAL (
      SELECT id FROM messages
      WHERE room_id = wanted.room AND author_id = wanted.author AND client_message_id = wanted.client
      LIMIT 1) AS found`,
)

const NAMED = prepared((executor) =>
  executor
    .select()
    .from(messages)
    .where(sql`${messages.id} = ANY(${sql.placeholder('ids')}::text[])`)
    .prepare('named_messages'),
)

/** Messages that the commands name, in any room, and messages sent earlier under their clientMessageIds. */
async function loadNamed(
  tx: Transaction,
  asked: readonly LoadRequest<MessageCommand, State>[],
): Promise<readonly Row[]> {
  const commands = asked.flatMap((each) => each.commands)
  // An id that cannot be stored was never used; passing it to the database would fail the statement before the command is rejected.
  const sends = commands.flatMap(({ topic, actor, body }) =>
    body.kind === 'send' && actor.kind === 'user' && isStorable(body.clientMessageId)
      ? [{ room: roomOf(topic), author: actor.person.id, client: body.clientMessageId }]
      : [],
  )
  const named = commands.flatMap(({ body }) => (body.kind === 'send' ? (body.replyToId ?? []) : body.id))
  const found =
    sends.length === 0
      ? []
      : await FIND_SENT(
          tx,
          sends.map(({ room }) => room),
          sends.map(({ author }) => author),
          sends.map(({ client }) => client),
        )
  const ids = [...named, ...found.map(({ id }) => id)]
  return ids.length === 0 ? [] : await NAMED(tx).execute({ ids })
}

const SAVE_SENT = statement(
  'save_sent',
  `INSERT INTO messages
    (id, room_id, "offset", author_id, author_name, client_message_id, fingerprint, body, mentions, reply_to_id, sent_at)
  SELECT id, r, o, a, n, c, f, b, m, p, t
  FROM json_to_recordset($1::json)
    AS row(id text, r text, o bigint, a text, n text, c text, f text, b text, m json, p text, t timestamptz)`,
)

async function saveSent(
  tx: Transaction,
  changes: readonly AggregateChange<State, MessageEvent>[],
): Promise<void> {
  const rows = changes.flatMap(({ now, steps }) => {
    const t = formatInstant(now)
    return steps.flatMap(({ event }) => {
      if (event.type !== 'MessageSent') return []
      const { message, clientMessageId: c, fingerprint: f } = event
      const { id, roomId: r, offset: o, author, body: b, mentions: m, replyToId: p } = message
      return [{ id, r, o, a: author.id, n: author.name, c, f, b, m, p, t }]
    })
  })
  if (rows.length > 0) await SAVE_SENT(tx, JSON.stringify(rows))
}

/** Each message that the batch changed, once. */
function roomChange({
  now,
  before,
  after,
  steps,
}: AggregateChange<State, MessageEvent>): readonly RoomMessagesChange[] {
  if (after.room === null) return []
  const ids = new Set(steps.map(({ event }) => event.message.id))
  const touched = [...ids].flatMap((id) => {
    const message = after.messages.get(id)
    return message === undefined ? [] : [{ before: before.messages.get(id), after: message }]
  })
  return [{ room: after.room.room, now, messages: touched }]
}

function deletedBy({ after, steps }: AggregateChange<State, MessageEvent>): readonly Message[] {
  return steps.flatMap(({ event }) =>
    event.type === 'MessageDeleted' ? (after.messages.get(event.message.id) ?? []) : [],
  )
}

/** The messages edited or deleted after sending, in their current state. */
function touchedAgain({ steps, after }: AggregateChange<State, MessageEvent>): readonly Message[] {
  const ids = steps.flatMap(({ event }) => (event.type === 'MessageSent' ? [] : [event.message.id]))
  return [...new Set(ids)].flatMap((id) => after.messages.get(id) ?? [])
}

async function saveChange(
  tx: Transaction,
  { id, body, mentions, editedAt, deletedAt }: Message,
): Promise<void> {
  await tx.update(messages).set({ body, mentions, editedAt, deletedAt }).where(eq(messages.id, id))
}
