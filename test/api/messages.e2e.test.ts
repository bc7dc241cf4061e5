import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, createCaller, type Variables } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import {
  ADD_MEMBER,
  CREATE_ROOM,
  DELETE,
  EDIT,
  END_ROOM,
  MESSAGE_PAGE,
  MESSAGES,
  type Message,
  type MessageAnswer,
  type MessageEntry,
  MUTE_MEMBER,
  NODE_QUERY,
  type Page,
  ROOM_QUERY,
  type Room,
  type RoomAnswer,
  SEND,
} from './room-documents.ts'

let node: TestNode
let owner: Caller
let ann: Caller
let bob: Caller
let admin: Caller
let visitor: Caller
let room: Room

beforeAll(async () => {
  node = await startNode({
    databaseUrl: await freshDatabase(),
    // Pages of a hundred, with all that there is to see.
    env: { MAX_QUERY_COMPLEXITY: '5000' },
  })
  owner = await createCaller(node, 'olga')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  admin = await createCaller(node, 'an administrator', ['admin'])
  visitor = await createCaller(node)
  for (const each of [owner, ann, bob, admin]) await each.ask('{ viewer { user { id } } }')
})

afterAll(async () => {
  for (const each of [owner, ann, bob, admin, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** A room of olga's with ann and bob in it. */
beforeEach(async () => {
  const input = { name: 'A room', kind: 'CHAT', visibility: 'PUBLIC' }
  room = (await owner.ask<RoomAnswer>(CREATE_ROOM, { input })).room
  for (const { id } of [ann, bob]) await owner.ask(ADD_MEMBER, { roomId: room.id, userId: id })
})

function send(by: Caller, input: object = {}): Promise<MessageAnswer> {
  const given = { roomId: room.id, body: 'Hello', clientMessageId: randomUUID(), ...input }
  return by.ask<MessageAnswer>(SEND, { input: given })
}

const edit = (by: Caller, id: string, body: string) => by.ask<MessageAnswer>(EDIT, { id, body })
const remove = (by: Caller, id: string) => by.ask<MessageAnswer>(DELETE, { id })

interface Followed {
  readonly entries: Recording<MessageEntry>
  /** The first `count` entries, each in a line. Fails where more have come. */
  lines(count: number): Promise<readonly string[]>
}

/** What a visitor hears of the room's messages from the beginning on. */
async function follow(): Promise<Followed> {
  const listener = await createCaller(node)
  onTestFinished(() => listener[Symbol.asyncDispose]())
  const variables = { roomId: room.id, after: room.messagesCursor }
  const entries = listener.record<MessageEntry>(MESSAGES, variables)
  return {
    entries,
    async lines(count) {
      await entries.take(count)
      const { messagesCursor } = await visitor.ask<Room>(ROOM_QUERY, { id: room.id })
      await caughtUp(listener)
      expect(entries.values.at(-1)?.cursor ?? room.messagesCursor).toBe(messagesCursor)
      return entries.values.map(lineOf)
    },
  }
}

function lineOf({ __typename, offset, message }: MessageEntry): string {
  return `${offset} ${__typename}: ${message?.author.id} ${message?.body}`
}

describe('sendMessage', () => {
  test('answers with the message and the cursor of its entry', async () => {
    const heard = await follow()
    const answer = await send(ann, { body: '  Hello  ' })
    expect(answer.message).toMatchObject({
      roomId: room.id,
      author: { id: 'ann' },
      body: 'Hello',
      mentions: [],
      replyToId: null,
      offset: 1,
      editedAt: null,
      deletedAt: null,
    })
    expect(await heard.lines(1)).toEqual(['1 MessageSent: ann Hello'])
    expect(heard.entries.values[0]).toMatchObject({ cursor: answer.cursor, message: answer.message })
  })

  test('with the clientMessageId of a message sent before returns that, and its cursor', async () => {
    const heard = await follow()
    const clientMessageId = randomUUID()
    const first = await send(ann, { clientMessageId })
    await send(bob, { body: 'In between' })
    const again = await send(ann, { clientMessageId, body: ' Hello ' })
    expect(again).toEqual(first)
    expect(await send(ann, { clientMessageId, body: 'Other' })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
    expect(await heard.lines(2)).toEqual(['1 MessageSent: ann Hello', '2 MessageSent: bob In between'])
  })

  test('20 times at once with one clientMessageId sends one message', async () => {
    const heard = await follow()
    const clientMessageId = randomUUID()
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(ann, { clientMessageId })))
    expect(new Set(answers.map(({ message, cursor }) => `${message.id} ${cursor}`)).size).toBe(1)
    expect(await heard.lines(1)).toHaveLength(1)
  })

  test('knows a clientMessageId per author and room', async () => {
    const clientMessageId = randomUUID()
    const first = await send(ann, { clientMessageId })
    const others = [await send(bob, { clientMessageId })]
    const { room: other } = await ann.ask<RoomAnswer>(CREATE_ROOM, {
      input: { name: 'Another', kind: 'CHAT', visibility: 'PUBLIC' },
    })
    others.push(await send(ann, { clientMessageId, roomId: other.id, body: 'Elsewhere' }))
    for (const { message } of others) expect(message.id).not.toBe(first.message.id)
  })

  test('returns a retry’s message as it is now: edited, also to one who was muted since', async () => {
    const clientMessageId = randomUUID()
    const { message } = await send(ann, { clientMessageId })
    await edit(ann, message.id, 'Edited')
    await owner.ask(MUTE_MEMBER, { roomId: room.id, userId: ann.id })
    expect(await send(ann, { clientMessageId })).toMatchObject({
      message: { id: message.id, body: 'Edited' },
    })
    expect(await send(ann)).toMatchObject({ code: 'MUTED' })
  })

  test.for([
    { called: 'emoji with joiners', body: '👩‍👩‍👧‍👦 🏳️‍🌈' },
    { called: 'combining marks, as they came', body: 'e\u0301 is not é' },
    { called: 'right to left', body: 'שלום \u202eevil\u202c مرحبا' },
    { called: 'line breaks and tabs', body: 'a\n\tb\r\nc' },
    { called: 'JSON, HTML and SQL', body: '{"a":"\\"}</script>\'; --' },
    { called: 'separators that JavaScript breaks lines at', body: 'a\u2028b\u2029c' },
    { called: 'control characters other than U+0000', body: 'a\u0001\u001b[31m\u007fb' },
  ])('keeps $called to the character, in answer, entry and page', async ({ body }) => {
    const heard = await follow()
    expect((await send(ann, { body })).message.body).toBe(body)
    expect((await heard.entries.take(1))[0]?.message?.body).toBe(body)
    const { messages } = await visitor.ask<{ readonly messages: Page<Message> }>(MESSAGE_PAGE, {
      id: room.id,
    })
    expect(messages.edges[0]?.node.body).toBe(body)
  })

  test.for(['x', '\u{1F600}'])('takes 4000 characters %s, and not 4001', async (character) => {
    const body = character.repeat(4000)
    expect((await send(ann, { body: ` ${body} ` })).message.body).toBe(body)
    expect(await send(ann, { body: `${body}${character}` })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'body',
    })
  })

  test.for([
    { field: 'body', input: { body: '' } },
    { field: 'body', input: { body: ' \n\t ' } },
    { field: 'clientMessageId', input: { clientMessageId: '' } },
    { field: 'clientMessageId', input: { clientMessageId: 'x'.repeat(129) } },
    { field: 'replyToId', input: { replyToId: 'msg_nowhere' } },
  ])('refuses $input as INVALID_INPUT, field $field', async ({ field, input }) => {
    expect(await send(ann, input)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test('drops mentions of users nobody has seen, and keeps each known one once', async () => {
    const mentions = ['bob', 'nobody has seen this one', 'bob', 'olga', '__proto__']
    const { message } = await send(ann, { mentions })
    expect(message.mentions.map(({ id }) => id)).toEqual(['bob', 'olga'])
  })

  test('replies to a message of the same room only', async () => {
    const { message } = await send(ann)
    expect(await send(bob, { replyToId: message.id })).toMatchObject({ message: { replyToId: message.id } })
    const { room: other } = await ann.ask<RoomAnswer>(CREATE_ROOM, {
      input: { name: 'Another', kind: 'CHAT', visibility: 'PUBLIC' },
    })
    expect(await send(ann, { roomId: other.id, replyToId: message.id })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'replyToId',
    })
  })

  test('is for members, administrators and services, in a room that has not ended', async () => {
    const stranger = await createCaller(node, 'a stranger')
    expect(await send(stranger)).toMatchObject({ code: 'NOT_A_MEMBER' })
    expect(await send(stranger, { roomId: 'nowhere' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await send(admin)).toMatchObject({ message: { author: { id: 'an administrator' } } })
    const service = await createCaller(node, 'a service', ['service'])
    expect(await send(service)).toMatchObject({ message: { author: { id: 'a service' } } })
    await owner.ask(END_ROOM, { roomId: room.id })
    expect(await send(ann)).toMatchObject({ code: 'INVALID_TRANSITION' })
  })
})

describe('editMessage', () => {
  test('is an entry with the new body; repeating it is none', async () => {
    const heard = await follow()
    const { message } = await send(ann)
    const edited = await edit(ann, message.id, ' Edited ')
    expect(edited.message).toMatchObject({ id: message.id, body: 'Edited', offset: 1 })
    expect(edited.message.editedAt).not.toBeNull()
    expect(await edit(ann, message.id, 'Edited')).toEqual(edited)
    expect(await heard.lines(2)).toEqual(['1 MessageSent: ann Hello', '2 MessageEdited: ann Edited'])
    expect(heard.entries.values[1]?.cursor).toBe(edited.cursor)
  })

  test('is the author’s alone: others get NOT_AUTHOR, moderators too', async () => {
    const { message } = await send(ann)
    for (const other of [bob, owner, admin]) {
      expect(await edit(other, message.id, 'Mine')).toMatchObject({ code: 'NOT_AUTHOR' })
    }
    expect(await edit(ann, 'msg_nowhere', 'Mine')).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('refuses a body that no message may have, a muted author, and what was deleted or is over', async () => {
    const { message } = await send(ann)
    for (const body of ['', ' ', 'x'.repeat(4001), 'a\0b', 'a\ud800']) {
      expect(await edit(ann, message.id, body)).toMatchObject({ code: 'INVALID_INPUT', field: 'body' })
    }
    await owner.ask(MUTE_MEMBER, { roomId: room.id, userId: ann.id })
    expect(await edit(ann, message.id, 'Edited')).toMatchObject({ code: 'MUTED' })
    const { message: deleted } = await send(bob)
    await remove(bob, deleted.id)
    expect(await edit(bob, deleted.id, 'Edited')).toMatchObject({ code: 'INVALID_TRANSITION' })
    const { message: late } = await send(bob)
    await owner.ask(END_ROOM, { roomId: room.id })
    expect(await edit(bob, late.id, 'Edited')).toMatchObject({ code: 'INVALID_TRANSITION' })
  })
})

describe('deleteMessage', () => {
  test('leaves the message in its place with a null body; repeating it is no entry', async () => {
    const heard = await follow()
    const { message } = await send(ann, { mentions: ['bob'] })
    const deleted = await remove(ann, message.id)
    expect(deleted.message).toMatchObject({ id: message.id, body: null, offset: 1 })
    expect(deleted.message.deletedAt).not.toBeNull()
    expect(await remove(ann, message.id)).toEqual(deleted)
    expect(await heard.lines(2)).toEqual(['1 MessageSent: ann Hello', '2 MessageDeleted: ann null'])
    const { messages } = await visitor.ask<{ readonly messages: Page<Message> }>(MESSAGE_PAGE, {
      id: room.id,
    })
    expect(messages.edges.map((edge) => [edge.node.id, edge.node.body])).toEqual([[message.id, null]])
  })

  test('is for the author and those who moderate; another member gets NOT_AUTHOR', async () => {
    const sent = [await send(ann), await send(ann), await send(ann)]
    const [one = '', two = '', three = ''] = sent.map(({ message }) => message.id)
    expect(await remove(bob, one)).toMatchObject({ code: 'NOT_AUTHOR' })
    expect(await remove(ann, one)).toMatchObject({ message: { body: null } })
    expect(await remove(owner, two)).toMatchObject({ message: { body: null } })
    expect(await remove(admin, three)).toMatchObject({ message: { body: null } })
    expect(await remove(ann, 'msg_nowhere')).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a visitor', () => {
  test.for([
    { document: SEND, variables: { input: { roomId: 'global', body: 'b', clientMessageId: 'c' } } },
    { document: EDIT, variables: { id: 'any', body: 'b' } },
    { document: DELETE, variables: { id: 'any' } },
  ])('is UNAUTHENTICATED for $document', async ({ document, variables }) => {
    expect(await visitor.refusal(document, variables)).toBe('UNAUTHENTICATED')
  })

  test('reads the messages of a PUBLIC room', async () => {
    const { message } = await send(ann)
    expect(await visitor.ask(NODE_QUERY, { id: message.id })).toEqual({
      __typename: 'Message',
      id: message.id,
    })
  })
})

describe('messages', () => {
  test('begin with the last 50, newest last', async () => {
    for (let index = 1; index <= 53; index += 1) await send(ann, { body: `${index}` })
    const { entries } = await follow()
    await entries.take(53)
    const snapshot = visitor.record<MessageEntry>(MESSAGES, { roomId: room.id })
    const [first] = await snapshot.take(1)
    expect(first).toMatchObject({ __typename: 'MessagesSnapshot', offset: 53, reset: false })
    expect(first?.messages?.map(({ body }) => body)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index + 4}`),
    )
    expect(first?.cursor).toBe(entries.values.at(-1)?.cursor)
    snapshot.stop()
  })

  test('go on from any cursor with exactly what came after; each entry shows the state right after it, without what was deleted', async () => {
    const heard = await follow()
    const { message } = await send(ann)
    await edit(ann, message.id, 'Edited')
    await send(bob, { body: 'Hi' })
    await remove(ann, message.id)
    const all = await heard.lines(4)
    expect(all).toEqual([
      '1 MessageSent: ann Hello',
      '2 MessageEdited: ann Edited',
      '3 MessageSent: bob Hi',
      '4 MessageDeleted: ann null',
    ])
    // What was deleted is gone from its earlier entries, too.
    const now = ['1 MessageSent: ann null', '2 MessageEdited: ann null', ...all.slice(2)]
    for (const [index, { cursor }] of heard.entries.values.entries()) {
      const rest = bob.record<MessageEntry>(MESSAGES, { roomId: room.id, after: cursor })
      await rest.take(all.length - index - 1)
      await caughtUp(bob)
      expect(rest.values.map(lineOf)).toEqual(now.slice(index + 1))
      rest.stop()
    }
  })

  test('survive cuts of the connection in a stream of messages', async () => {
    async function talk(): Promise<void> {
      for (let index = 0; index < 60; index += 1) await send(index % 2 === 0 ? ann : bob)
    }
    const talking = talk()
    const offsets: number[] = []
    let after = room.messagesCursor
    while (offsets.length < 60) {
      const reader = await createCaller(node)
      const entries = reader.record<MessageEntry>(MESSAGES, { roomId: room.id, after })
      await entries.take(1)
      reader.client.terminate()
      for (const { offset, cursor } of entries.values) {
        offsets.push(offset)
        after = cursor
      }
    }
    await talking
    expect(offsets).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  })

  test('take over from the page at `room.messagesCursor`, without a gap and without a repetition', async () => {
    const listener = await createCaller(node)
    onTestFinished(() => listener[Symbol.asyncDispose]())
    let isOver = false
    async function talk(): Promise<void> {
      for (let index = 0; index < 40; index += 1) await send(index % 2 === 0 ? ann : bob)
      isOver = true
    }
    const talking = talk()
    const readers: { readonly seen: readonly number[]; readonly entries: Recording<MessageEntry> }[] = []
    while (!isOver && readers.length < 90) {
      const page = await listener.ask<{ readonly messagesCursor: string; readonly messages: Page<Message> }>(
        MESSAGE_PAGE,
        { id: room.id, last: 100 },
      )
      readers.push({
        seen: page.messages.edges.map((edge) => edge.node.offset),
        entries: listener.record(MESSAGES, { roomId: room.id, after: page.messagesCursor }),
      })
    }
    await talking
    expect(readers.length).toBeGreaterThan(3)
    for (const { seen, entries } of readers) {
      await entries.take(40 - seen.length)
      await caughtUp(listener)
      const all = [...seen, ...entries.values.map(({ offset }) => offset)]
      expect(all).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
    }
  })
})

describe('pages of messages', () => {
  type Answer = { readonly messages: Page<Message> }

  async function page(args: object = {}) {
    const { messages } = await visitor.ask<Answer>(MESSAGE_PAGE, { id: room.id, ...args } as Variables)
    return { bodies: messages.edges.map((edge) => edge.node.body), ...messages }
  }

  beforeEach(async () => {
    for (let index = 1; index <= 7; index += 1) await send(ann, { body: `${index}` })
  })

  test('show the newest last, from either end', async () => {
    expect((await page()).bodies).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(await page({ first: 3 })).toMatchObject({
      bodies: ['1', '2', '3'],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    })
    expect(await page({ last: 3 })).toMatchObject({
      bodies: ['5', '6', '7'],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    })
    expect(await page({ first: 7 })).toMatchObject({ pageInfo: { hasNextPage: false } })
    expect(await page({ last: 7 })).toMatchObject({ pageInfo: { hasPreviousPage: false } })
    expect(await page({ last: 0 })).toMatchObject({ bodies: [] })
  })

  test('go on forward and backward to the end, each message once', async () => {
    const forward: (string | null)[] = []
    for (let after: string | null = null, more = true; more; ) {
      const { bodies, pageInfo } = await page({ first: 3, after })
      forward.push(...bodies)
      after = pageInfo.endCursor
      more = pageInfo.hasNextPage
    }
    expect(forward).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    const backward: (string | null)[] = []
    for (let before: string | null = null, more = true; more; ) {
      const { bodies, pageInfo } = await page({ last: 3, before })
      backward.unshift(...bodies)
      before = pageInfo.startCursor
      more = pageInfo.hasPreviousPage
    }
    expect(backward).toEqual(forward)
  })

  test('lie between two cursors', async () => {
    const { edges } = await page()
    const [after, before] = [edges[1]?.cursor, edges[5]?.cursor]
    expect((await page({ after, before })).bodies).toEqual(['3', '4', '5'])
    expect(await page({ first: 2, after, before })).toMatchObject({
      bodies: ['3', '4'],
      pageInfo: { hasNextPage: true, hasPreviousPage: true },
    })
    expect((await page({ last: 2, after, before })).bodies).toEqual(['4', '5'])
  })

  test.for([{ first: 101 }, { last: 101 }, { first: -1 }, { last: -1 }, { first: 1, last: 1 }])(
    'with %o are BAD_USER_INPUT',
    async (args) => {
      expect(await visitor.refusal(MESSAGE_PAGE, { id: room.id, ...args })).toBe('BAD_USER_INPUT')
    },
  )

  test.for(['garbage', ''])('after the cursor %j are CURSOR_INVALID', async (cursor) => {
    expect(await visitor.refusal(MESSAGE_PAGE, { id: room.id, after: cursor })).toBe('CURSOR_INVALID')
    expect(await visitor.refusal(MESSAGE_PAGE, { id: room.id, before: cursor })).toBe('CURSOR_INVALID')
  })
})
