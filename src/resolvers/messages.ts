import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { messageReads } from '../features/messages/batched-reads.ts'
import { asMessageId, messageIds } from '../features/messages/ids.ts'
import { readMessage } from '../features/messages/reads/messages.ts'
import type { Message } from '../features/messages/rules/message.ts'
import { messagesTopic } from '../features/messages/topics.ts'
import type { RoomView } from '../features/rooms/view.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import { type SharedContext, signalIn } from './context.ts'
import type { NodeLoader } from './node.ts'
import { type BothWaysArgs, type Connection, defineList, spanConnectionOf, spanOf } from './paging.ts'
import { readFor } from './read-for.ts'

const MESSAGES = defineList<Message>('messages', ({ offset }) => ({ rank: offset, id: '' }))

/** Newest last, up to the view's `messagesCursor`. */
export async function messagesOfRoom(
  room: RoomView,
  args: BothWaysArgs,
  context: SharedContext,
): Promise<Connection<Message>> {
  const page = spanOf(MESSAGES, args)
  const { offset: bound } = await room.messagesPosition()
  const messages = await context.services
    .get(messageReads)
    .messages({ id: room.id, bound, page }, signalIn(context))
  return spanConnectionOf(MESSAGES, page, messages, (message) => message)
}

export async function messagesCursor(room: RoomView): Promise<Cursor> {
  return encodeCursor(messagesTopic(room.id), await room.messagesPosition())
}

export const messageNode: NodeLoader = {
  prefix: messageIds.prefix,
  typeName: 'Message',
  async load(id, context) {
    const caller = callerOf(context.viewer)
    return (await readFor(context, (database) => readMessage(database, asMessageId(id), caller))) ?? null
  },
}
