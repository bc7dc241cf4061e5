import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import { openEventStream } from '../support/event-stream.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import {
  ADD_MEMBER,
  ADVANCE_RECEIPT,
  CREATE_ROOM,
  DELETE,
  EDIT,
  END_ROOM,
  JOIN_ROOM,
  LEAVE_ROOM,
  MESSAGES,
  type MembershipAnswer,
  type MessageAnswer,
  type MessageEntry,
  MUTE_MEMBER,
  NODE_QUERY,
  OPEN_DIRECT_ROOM,
  PAUSE_ROOM,
  type Page,
  REMOVE_MEMBER,
  RESUME_ROOM,
  ROOM_QUERY,
  ROOM_STATE,
  type Room,
  type RoomAnswer,
  SEND,
  START_ROOM,
  UPDATE_ROOM,
} from './room-documents.ts'

let nodes: readonly [TestNode, TestNode]
let ann: Caller
/** On the other node. */
let bob: Caller
let admin: Caller
let strangers: readonly Caller[]
let visitor: Caller

beforeAll(async () => {
  const options = {
    databaseUrl: await freshDatabase(),
    redisUrl: sharedRedisUrl(),
    env: { REDIS_PREFIX: freshRedisPrefix() },
  }
  nodes = await Promise.all([startNode(options), startNode(options)])
  ann = await createCaller(nodes[0], 'ann')
  bob = await createCaller(nodes[1], 'bob')
  admin = await createCaller(nodes[0], 'an administrator', ['admin'])
  strangers = [
    admin,
    await createCaller(nodes[0], 'a service', ['service']),
    await createCaller(nodes[0], 'a moderator', ['moderator']),
    await createCaller(nodes[0], 'eve'),
  ]
  visitor = await createCaller(nodes[0])
  for (const each of [ann, bob, ...strangers]) await each.ask('{ viewer { user { id } } }')
})

afterAll(async () => {
  for (const each of [ann, bob, ...strangers, visitor]) await each[Symbol.asyncDispose]()
  for (const node of nodes) await node[Symbol.asyncDispose]()
})

const open = (by: Caller, userId: string): Promise<RoomAnswer> =>
  by.ask<RoomAnswer>(OPEN_DIRECT_ROOM, { userId })

const change = (by: Caller, document: string, roomId: string, more: object = {}): Promise<MembershipAnswer> =>
  by.ask<MembershipAnswer>(document, { roomId, ...more })

const send = (by: Caller, roomId: string, body = 'Hello'): Promise<MessageAnswer> =>
  by.ask<MessageAnswer>(SEND, { input: { roomId, body, clientMessageId: randomUUID() } })

/** A user of this test alone, known from a first call on. */
async function someone(node: TestNode, roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  await caller.ask('{ viewer { user { id } } }')
  return caller
}

/** Opens until the other is known: who was just seen on another node is written down a moment later. */
async function openPatiently(by: Caller, userId: string): Promise<RoomAnswer> {
  for (;;) {
    const answer = await open(by, userId)
    if (answer.code !== 'NOT_FOUND') return answer
  }
}

const MEMBERS = `query ($id: ID!) { room(id: $id) { owner { id } members(first: 10) { totalCount edges { node { user { id } role } } } } }`

describe('openDirectRoom', () => {
  test('creates a LIVE room of two without an owner; roomState continues from its cursor', async () => {
    const [one, other] = [await someone(nodes[0]), await someone(nodes[1])]
    const { room, cursor } = await openPatiently(one, other.id)
    expect(room).toMatchObject({
      name: [one.id, other.id].sort().join(' & '),
      kind: 'DIRECT',
      visibility: 'MEMBERS',
      phase: 'LIVE',
      memberCount: 2,
      cursor,
    })
    const { owner, members } = await other.ask<{
      readonly owner: null
      readonly members: Page<{ readonly user: { readonly id: string }; readonly role: string }>
    }>(MEMBERS, { id: room.id })
    expect(owner).toBeNull()
    expect(members).toMatchObject({ totalCount: 2 })
    const shown = members.edges.map((edge) => `${edge.node.user.id} ${edge.node.role}`).sort()
    expect(shown).toEqual([`${one.id} MEMBER`, `${other.id} MEMBER`].sort())
    for (const caller of [one, other]) {
      expect(await send(caller, room.id)).toMatchObject({ message: { author: { id: caller.id } } })
    }
  })

  test('opens the same room again, from either side, on any node, at the same cursor', async () => {
    const [one, other] = [await someone(nodes[0]), await someone(nodes[1])]
    const first = await openPatiently(one, other.id)
    expect(await open(one, other.id)).toEqual(first)
    expect(await open(other, one.id)).toEqual(first)
    await send(other, first.room.id)
    expect(await open(one, other.id)).toMatchObject({ room: { id: first.room.id }, cursor: first.cursor })
    const third = await someone(nodes[0])
    const { room } = await openPatiently(one, third.id)
    expect(room.id).not.toBe(first.room.id)
  })

  test('many times at once, from both sides on two nodes, makes one room', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await someone(nodes[0]), await someone(nodes[1])]
      // Known on both nodes before both begin.
      await openPatiently(one, ann.id)
      await openPatiently(ann, one.id)
      await openPatiently(ann, other.id)
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          index % 2 === 0 ? open(one, other.id) : open(other, one.id),
        ),
      )
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(answers[0]?.room).toMatchObject({ kind: 'DIRECT', memberCount: 2 })
      const { room } = await open(one, other.id)
      const { members } = await one.ask<{ readonly members: object }>(MEMBERS, { id: room.id })
      expect(members).toMatchObject({ totalCount: 2 })
    }
  })

  test('with somebody nobody has seen is NOT_FOUND, with oneself INVALID_INPUT', async () => {
    const unknown = randomUUID()
    expect(await open(ann, unknown)).toMatchObject({ code: 'NOT_FOUND', field: 'userId' })
    expect(await open(ann, unknown)).toMatchObject({ code: 'NOT_FOUND', field: 'userId' })
    expect(await open(ann, ann.id)).toMatchObject({ code: 'INVALID_INPUT', field: 'userId' })
  })

  test('finds users who were seen on the same node a moment before', async () => {
    for (let round = 0; round < 20; round += 1) {
      const other = await someone(nodes[0])
      expect(await open(ann, other.id)).toMatchObject({ room: { kind: 'DIRECT' } })
    }
  })

  test('is for any who is signed in, and UNAUTHENTICATED for a visitor', async () => {
    for (const caller of strangers) {
      expect(await open(caller, ann.id)).toMatchObject({ room: { kind: 'DIRECT' } })
    }
    expect(await visitor.refusal(OPEN_DIRECT_ROOM, { userId: 'ann' })).toBe('UNAUTHENTICATED')
  })

  test.for(['a\0b', 'a\ud800b'])('with an id that nobody can have is BAD_USER_INPUT', async (userId) => {
    expect(await ann.refusal(OPEN_DIRECT_ROOM, { userId })).toBe('BAD_USER_INPUT')
  })

  test('with a user who was named but never seen creates a room that waits for them', async () => {
    const named = `user ${randomUUID()}`
    const { room } = await ann.ask<RoomAnswer>(CREATE_ROOM, {
      input: { name: 'A room', kind: 'CHAT', visibility: 'PUBLIC' },
    })
    await change(ann, ADD_MEMBER, room.id, { userId: named })
    const direct = await open(ann, named)
    expect(direct).toMatchObject({ room: { kind: 'DIRECT' } })
    await send(ann, direct.room.id, 'Come in')
    const late = await createCaller(nodes[1], named)
    onTestFinished(() => late[Symbol.asyncDispose]())
    const messages = late.record<MessageEntry>(MESSAGES, { roomId: direct.room.id })
    expect((await messages.take(1))[0]?.messages).toMatchObject([{ body: 'Come in' }])
  })
})

describe('a direct room', () => {
  let room: Room
  let messageId: string

  beforeEach(async () => {
    room = (await open(ann, bob.id)).room
    messageId = (await send(ann, room.id)).message.id
  })

  const LISTS = `{ rooms(first: 100) { edges { node { id } } } viewer { rooms(first: 100) { edges { node { id } } } } }`

  test('is there for its two, in lists too', async () => {
    for (const caller of [ann, bob]) {
      expect((await caller.answer(NODE_QUERY, { id: room.id })).data).toEqual({
        node: { __typename: 'Room', id: room.id },
      })
      expect((await caller.answer(NODE_QUERY, { id: messageId })).data).toMatchObject({
        node: { id: messageId },
      })
      expect(await caller.ask(ROOM_QUERY, { id: room.id })).toMatchObject({ membership: { role: 'MEMBER' } })
      const { data } = await caller.answer(LISTS)
      const { rooms, viewer } = data as { readonly rooms: object; readonly viewer: object }
      expect(JSON.stringify(rooms)).toContain(room.id)
      expect(JSON.stringify(viewer)).toContain(room.id)
    }
  })

  test('is not there for anybody else: no administrator, no service, no moderator', async () => {
    for (const caller of [...strangers, visitor]) {
      for (const id of [room.id, messageId]) {
        expect((await caller.answer(NODE_QUERY, { id })).data).toEqual({ node: null })
      }
      expect((await caller.answer(ROOM_QUERY, { id: room.id })).data).toEqual({ room: null })
      expect(JSON.stringify((await caller.answer(LISTS)).data)).not.toContain(room.id)
    }
  })

  test('is NOT_FOUND for the mutations of anybody else', async () => {
    const notFound = { code: 'NOT_FOUND' }
    for (const caller of strangers) {
      for (const document of [JOIN_ROOM, LEAVE_ROOM, START_ROOM, PAUSE_ROOM, RESUME_ROOM, END_ROOM]) {
        expect(await change(caller, document, room.id)).toMatchObject(notFound)
      }
      for (const document of [ADD_MEMBER, REMOVE_MEMBER, MUTE_MEMBER]) {
        expect(await change(caller, document, room.id, { userId: bob.id })).toMatchObject(notFound)
      }
      expect(await change(caller, ADVANCE_RECEIPT, room.id, { readThrough: 0 })).toMatchObject(notFound)
      expect(await caller.ask(UPDATE_ROOM, { input: { roomId: room.id, name: 'Mine' } })).toMatchObject(
        notFound,
      )
      expect(await send(caller, room.id)).toMatchObject(notFound)
      expect(await caller.ask(EDIT, { id: messageId, body: 'Mine' })).toMatchObject(notFound)
      expect(await caller.ask(DELETE, { id: messageId })).toMatchObject(notFound)
    }
  })

  test('is NOT_FOUND for the subscriptions of anybody else: from the beginning, by cursor, as server-sent events', async () => {
    for (const caller of [...strangers, visitor]) {
      const listener = await createCaller(nodes[0], caller.id || undefined, rolesOf(caller))
      onTestFinished(() => listener[Symbol.asyncDispose]())
      const recordings = [
        listener.record(ROOM_STATE, { roomId: room.id }),
        listener.record(ROOM_STATE, { roomId: room.id, after: room.cursor }),
        listener.record(MESSAGES, { roomId: room.id }),
        listener.record(MESSAGES, { roomId: room.id, after: room.messagesCursor }),
      ]
      expect(new Set(await Promise.all(recordings.map(codeOfEnd)))).toEqual(new Set(['NOT_FOUND']))
      const headers = caller.token === undefined ? {} : { authorization: `Bearer ${caller.token}` }
      for (const after of [undefined, room.messagesCursor]) {
        const variables = { roomId: room.id, after }
        await using stream = await openEventStream(nodes[0].url, { query: MESSAGES, variables, headers })
        expect((await stream.next()).data).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
      }
    }
  })

  function rolesOf(caller: Caller): readonly string[] {
    const [adminCaller, serviceCaller, moderatorCaller] = strangers
    if (caller === adminCaller) return ['admin']
    if (caller === serviceCaller) return ['service']
    return caller === moderatorCaller ? ['moderator'] : []
  }

  test('brings its messages and receipts to both, whichever node they are on, and resumes by cursor', async () => {
    const listeners = [await createCaller(nodes[0], 'ann'), await createCaller(nodes[1], 'bob')]
    for (const each of listeners) onTestFinished(() => each[Symbol.asyncDispose]())
    const variables = {
      roomId: room.id,
      after: (await ann.ask<Room>(ROOM_QUERY, { id: room.id })).messagesCursor,
    }
    const heard = listeners.map((each) => each.record<MessageEntry>(MESSAGES, variables))
    const { message } = await send(ann, room.id, 'Dinner?')
    await change(bob, ADVANCE_RECEIPT, room.id, { readThrough: message.offset })
    const [one = [], other = []] = await Promise.all(heard.map((each) => each.take(2)))
    expect(one).toEqual(other)
    expect(one).toMatchObject([
      { __typename: 'MessageSent', message: { id: message.id } },
      { __typename: 'ReceiptAdvanced', user: { id: 'bob' }, readThrough: message.offset },
    ])
    const again = bob.record<MessageEntry>(MESSAGES, { roomId: room.id, after: one[0]?.cursor })
    await again.take(1)
    await caughtUp(bob)
    expect(again.values).toEqual(one.slice(1))
    again.stop()
  })

  test('keeps its two: neither leaves, adds, removes, mutes, changes, pauses or ends', async () => {
    expect(await change(ann, JOIN_ROOM, room.id)).toMatchObject({ membership: { role: 'MEMBER' } })
    expect(await change(ann, LEAVE_ROOM, room.id)).toMatchObject({ code: 'INVALID_TRANSITION' })
    for (const document of [START_ROOM, PAUSE_ROOM, RESUME_ROOM, END_ROOM]) {
      expect(await ann.refusal(document, { roomId: room.id })).toBe('FORBIDDEN')
    }
    for (const [document, userId] of [
      [ADD_MEMBER, 'eve'],
      [REMOVE_MEMBER, 'bob'],
      [MUTE_MEMBER, 'bob'],
    ] as const) {
      expect(await ann.refusal(document, { roomId: room.id, userId })).toBe('FORBIDDEN')
    }
    expect(await ann.refusal(UPDATE_ROOM, { input: { roomId: room.id, name: 'Ours' } })).toBe('FORBIDDEN')
    expect(await open(bob, ann.id)).toMatchObject({ room: { phase: 'LIVE', memberCount: 2 } })
  })

  test('keeps its two also where one of them is an administrator, who may mute the other', async () => {
    const { room: own } = await open(admin, bob.id)
    const invalid = { code: 'INVALID_TRANSITION' }
    for (const document of [LEAVE_ROOM, PAUSE_ROOM, END_ROOM]) {
      expect(await change(admin, document, own.id)).toMatchObject(invalid)
    }
    for (const document of [START_ROOM, RESUME_ROOM]) {
      expect(await change(admin, document, own.id)).toMatchObject({ room: { phase: 'LIVE' } })
    }
    expect(await change(admin, ADD_MEMBER, own.id, { userId: 'eve' })).toMatchObject(invalid)
    expect(await change(admin, ADD_MEMBER, own.id, { userId: 'bob', role: 'MODERATOR' })).toMatchObject(
      invalid,
    )
    expect(await change(admin, REMOVE_MEMBER, own.id, { userId: 'bob' })).toMatchObject(invalid)
    expect(await admin.ask(UPDATE_ROOM, { input: { roomId: own.id, visibility: 'PUBLIC' } })).toMatchObject(
      invalid,
    )
    expect(await change(admin, MUTE_MEMBER, own.id, { userId: 'bob' })).toMatchObject({
      membership: { user: { id: 'bob' } },
    })
    expect(await send(bob, own.id)).toMatchObject({ code: 'MUTED' })
    const past = '2020-01-01T00:00:00.000Z'
    await change(admin, MUTE_MEMBER, own.id, { userId: 'bob', until: past })
    expect(await send(bob, own.id)).toMatchObject({ message: { author: { id: 'bob' } } })
  })
})

test('a room of kind DIRECT is not created by createRoom', async () => {
  const input = { name: 'Ours', kind: 'DIRECT', visibility: 'MEMBERS' }
  expect(await admin.ask(CREATE_ROOM, { input })).toMatchObject({ code: 'INVALID_INPUT', field: 'kind' })
})
