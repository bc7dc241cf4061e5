import { and, asc, desc, eq, getTableColumns, gt, lt, lte, sql } from 'drizzle-orm'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { asOffset, type Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Span } from '../../../engine/storage/list-key.ts'
import { always, byParent, type Parent, parentTable } from '../../../engine/storage/parents.ts'
import { prepared } from '../../../engine/storage/statement.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { visibleTo } from '../../rooms/reads/visible.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import { rooms } from '../../rooms/tables.ts'
import type { MessageId } from '../ids.ts'
import type { Message } from '../rules/message.ts'
import { messages } from '../tables.ts'
import { messagesTopic } from '../topics.ts'

type Row = typeof messages.$inferSelect

/** Undefined if none exists in a room that `caller` may see. */
export async function readMessage(
  executor: Executor,
  id: MessageId,
  caller: Caller,
): Promise<Message | undefined> {
  const [row] = await executor
    .select(getTableColumns(messages))
    .from(messages)
    .innerJoin(rooms, eq(rooms.id, messages.roomId))
    .where(and(eq(messages.id, id), visibleTo(caller)))
  return row && messageOf(row)
}

/**
 * A page of each room's messages, newest last, up to the bounding offset; fetches one more than requested, if
 * available.
 */
export async function readMessages(
  executor: Executor,
  of: readonly Parent<RoomId>[],
  span: Span,
): Promise<readonly (readonly Message[])[]> {
  const parents = parentTable(executor, of)
  const page = executor
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.roomId, parents.id),
        lte(messages.offset, parents.bound),
        span.after === null ? undefined : gt(messages.offset, asOffset(span.after.rank)),
        span.before === null ? undefined : lt(messages.offset, asOffset(span.before.rank)),
      ),
    )
    .orderBy(span.from === 'start' ? asc(messages.offset) : desc(messages.offset))
    .limit(span.limit + 1)
    .as('page')
  const rows = await executor
    .select({ n: parents.n, row: page._.selectedFields })
    .from(parents)
    .innerJoinLateral(page, always)
    .orderBy(parents.n, asc(page.offset))
  return byParent(of.length, rows).map((list) => list.map(messageOf))
}

const LAST_MESSAGES = prepared((executor) => {
  const last = executor
    .select()
    .from(messages)
    .where(eq(messages.roomId, sql.placeholder('roomId')))
    .orderBy(desc(messages.offset))
    .limit(sql.placeholder('count'))
    .as('last')
  return executor
    .select({ epoch: topics.epoch, offset: topics.head, at: clock, message: last._.selectedFields })
    .from(topics)
    .leftJoin(last, sql`true`)
    .where(eq(topics.topic, sql.placeholder('topic')))
    .orderBy(asc(last.offset))
    .prepare('last_messages')
})

/**
 * The last `count` messages, newest last, and the position that includes them, read in one statement and therefore
 * consistent.
 */
export async function readLastMessages(
  executor: Executor,
  roomId: RoomId,
  count: number,
): Promise<{ readonly position: Position; readonly at: Instant; readonly messages: readonly Message[] }> {
  const rows = await LAST_MESSAGES(executor).execute({ roomId, count, topic: messagesTopic(roomId) })
  const [head] = rows
  if (head === undefined) throw new Error(`room ${roomId} has no history of messages`)
  const found = rows.flatMap(({ message }) => (message === null ? [] : [messageOf(message)]))
  return { position: { epoch: head.epoch, offset: head.offset }, at: head.at, messages: found }
}

function messageOf(row: Row): Message {
  const { authorId, authorName, clientMessageId: _key, fingerprint: _fingerprint, ...shown } = row
  return { ...shown, author: { id: authorId, name: authorName } }
}
