import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Caller, codeOfEnd, createCaller, type Variables } from '../support/caller.ts'
import { openEventStream } from '../support/event-stream.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction } from '../support/rooms.ts'
import {
  ONLINE_COUNT,
  PRESENCE,
  type Presence,
  presentIn,
  SET_PRESENCE,
  SET_TYPING,
  TYPING,
  type Typing,
} from './presence-documents.ts'
import {
  ADD_MEMBER,
  CREATE_ROOM,
  END_ROOM,
  LEAVE_ROOM,
  MUTE_MEMBER,
  REMOVE_MEMBER,
  type RoomAnswer,
  UPDATE_ROOM,
} from './room-documents.ts'

const GRACE_MS = 10_000
const ENDED_AT = 'query ($roomId: ID!) { room(id: $roomId) { endedAt } }'
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

let node: TestNode
let owner: Caller
let roomId: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  owner = await createCaller(node, 'olga')
})

afterAll(async () => {
  await owner[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

beforeEach(async () => {
  roomId = await makeRoom()
})

async function makeRoom(input: object = {}): Promise<string> {
  const given = { name: 'A room', kind: 'AUCTION', visibility: 'PUBLIC', ...input }
  return (await owner.ask<RoomAnswer>(CREATE_ROOM, { input: given })).room.id
}

/** Somebody with a WebSocket of their own, for one test. */
async function caller(sub?: string, roles?: readonly string[]): Promise<Caller> {
  const made = await createCaller(node, sub, roles)
  onTestFinished(() => made[Symbol.asyncDispose]())
  if (sub !== undefined) await made.ask('{ viewer { user { id } } }')
  return made
}

async function member(sub: string, room = roomId): Promise<Caller> {
  const made = await caller(sub)
  await owner.ask(ADD_MEMBER, { roomId: room, userId: sub })
  return made
}

/** Does the operation over the caller's WebSocket. */
async function overSocket(by: Caller, query: string, variables: Variables): Promise<unknown> {
  for await (const result of by.client.iterate({ query, variables: { ...variables } })) return result
  return undefined
}

const onlineCount = async (by: Caller = owner, room = roomId): Promise<number> =>
  (await by.ask<{ readonly onlineCount: number }>(ONLINE_COUNT, { roomId: room })).onlineCount

/** A visitor's view of the room: visitors do not count. */
async function watchPresence(room = roomId): Promise<Recording<Presence>> {
  const recording = (await caller()).record<Presence>(PRESENCE, { roomId: room })
  await recording.take(1)
  return recording
}

async function watchTyping(room = roomId): Promise<Recording<Typing>> {
  const recording = (await caller()).record<Typing>(TYPING, { roomId: room })
  await recording.take(1)
  return recording
}

const shows = (recording: Recording<Presence>, present: readonly string[], timeout = 5_000) =>
  vi.waitFor(() => expect(presentIn(recording.values.at(-1))).toEqual(present), {
    timeout,
    interval: 10,
  })

const showsTyping = (recording: Recording<Typing>, ids: readonly string[], timeout = 5_000) =>
  vi.waitFor(() => expect(recording.values.at(-1)?.users.map(({ id }) => id)).toEqual(ids), {
    timeout,
    interval: 10,
  })

describe('presence', () => {
  test('brings at once who is present, the subscriber included, and then all of it again when that changes', async () => {
    const ann = await caller('ann')
    const before = Date.now()
    const recording = ann.record<Presence>(PRESENCE, { roomId })
    const [first] = await recording.take(1)
    expect(first).toEqual({
      roomId,
      count: 1,
      users: [{ user: { id: 'ann', name: 'ann' }, state: 'ONLINE', since: expect.any(String) }],
      at: expect.any(String),
    })
    const since = Date.parse(first?.users[0]?.since ?? '')
    expect(since).toBeGreaterThanOrEqual(before)
    expect(since).toBeLessThanOrEqual(Date.now())
    ;(await caller('ben')).record(
      `subscription ($roomId: ID!) { messages(roomId: $roomId) { __typename } }`,
      {
        roomId,
      },
    )
    const [, second] = await recording.take(2)
    expect(second?.users).toEqual([
      ...(first?.users ?? []),
      { user: { id: 'ben', name: 'ben' }, state: 'ONLINE', since: expect.any(String) },
    ])
    expect(await onlineCount()).toBe(2)
  })

  test.for([
    'messages(roomId: $roomId) { __typename }',
    'roomState(roomId: $roomId) { __typename }',
    'presence(roomId: $roomId) { count }',
    'typing(roomId: $roomId) { at }',
    'auctionUpdates(roomId: $roomId) { id }',
    'leaderboard(roomId: $roomId) { __typename }',
    'bids(auctionId: $auctionId) { __typename }',
    'auctionState(auctionId: $auctionId) { id }',
    'leaderboard(auctionId: $auctionId) { __typename }',
  ])('counts who subscribes to %s', async (field) => {
    const auctionId = await makeAuction(node, owner.token ?? '', roomId)
    const name = /\$\w+/.exec(field)?.[0] ?? ''
    const ann = await caller('ann')
    expect(await onlineCount()).toBe(0)
    await ann.record(`subscription (${name}: ID!) { ${field} }`, { roomId, auctionId }).take(1)
    expect(await onlineCount()).toBe(1)
  })

  test.for([
    'serverTime',
    'announcements { __typename }',
    'notifications { __typename }',
    'auctionUpdates(everyMs: 100) { id }',
  ])('does not count who subscribes to %s', async (field) => {
    await makeAuction(node, owner.token ?? '', roomId)
    await (await caller('ann')).record(`subscription { ${field} }`).take(1)
    expect(await onlineCount()).toBe(0)
  })

  test('counts someone with several connections once, until a moment after the last has gone', async () => {
    const recording = await watchPresence()
    const [one, two] = [await caller('ann'), await caller('ann')]
    for (const each of [one, two]) each.record(PRESENCE, { roomId })
    await shows(recording, ['ann ONLINE'])
    expect(await onlineCount()).toBe(1)
    await one[Symbol.asyncDispose]()
    await two[Symbol.asyncDispose]()
    const leftAt = Date.now()
    // Another comes and stays, so that there is something to see meanwhile.
    ;(await caller('ben')).record(PRESENCE, { roomId })
    await shows(recording, ['ann ONLINE', 'ben ONLINE'])
    await shows(recording, ['ben ONLINE'], GRACE_MS + 5_000)
    expect(Date.now() - leftAt).toBeGreaterThan(GRACE_MS - 100)
    expect(recording.values.map(presentIn)).toEqual([
      [],
      ['ann ONLINE'],
      ['ann ONLINE', 'ben ONLINE'],
      ['ben ONLINE'],
    ])
  }, 30_000)

  test('does not show that someone was away who comes back at once', async () => {
    const first = await caller('ann')
    first.record(PRESENCE, { roomId })
    const recording = await watchPresence()
    await shows(recording, ['ann ONLINE'])
    const seen = recording.values.length
    const since = recording.values.at(-1)?.users[0]?.since
    for (let time = 0; time < 3; time += 1) {
      const again = await caller('ann')
      await again.record(PRESENCE, { roomId }).take(1)
      await again[Symbol.asyncDispose]()
    }
    await first[Symbol.asyncDispose]()
    ;(await caller('ann')).record(PRESENCE, { roomId })
    ;(await caller('ben')).record(PRESENCE, { roomId })
    await shows(recording, ['ann ONLINE', 'ben ONLINE'])
    expect(recording.values).toHaveLength(seen + 1)
    expect(recording.values.at(-1)?.users[0]?.since).toBe(since)
  })

  test('does not count visitors, until they sign in on their connection', async () => {
    const recording = await watchPresence()
    const visitor = await caller()
    await visitor.record(PRESENCE, { roomId }).take(1)
    expect(await onlineCount()).toBe(0)
    const query = 'mutation ($token: String!) { authenticate(token: $token) { __typename } }'
    await overSocket(visitor, query, { token: await node.token('ann') })
    await shows(recording, ['ann ONLINE'])
  })

  test('is sent at most twice a second, however many users come and go', async () => {
    const recording = (await caller()).record<Presence>(PRESENCE, { roomId })
    const times: number[] = []
    let seen = 0
    const poll = setInterval(() => {
      for (; seen < recording.values.length; seen += 1) times.push(performance.now())
    }, 2)
    onTestFinished(() => clearInterval(poll))
    for (let index = 0; index < 30; index += 1) {
      const each = await caller(`user ${index}`)
      await each.record('subscription ($roomId: ID!) { typing(roomId: $roomId) { at } }', { roomId }).take(1)
    }
    await vi.waitFor(() => expect(recording.values.at(-1)?.count).toBe(30), { timeout: 5_000 })
    clearInterval(poll)
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThan(400)
  })

  test('gives the count alone above 200 users', async () => {
    const recording = await watchPresence()
    const callers = await Promise.all(
      Array.from({ length: 201 }, (_, index) => createCaller(node, `u${index}`)),
    )
    onTestFinished(async () => {
      for (const each of callers) await each[Symbol.asyncDispose]()
    })
    const [last, ...others] = callers
    for (const each of others) each.record(TYPING, { roomId })
    await vi.waitFor(() => expect(recording.values.at(-1)).toMatchObject({ count: 200 }), { timeout: 15_000 })
    expect(recording.values.at(-1)?.users).toHaveLength(200)
    last?.record(TYPING, { roomId })
    await vi.waitFor(() => expect(recording.values.at(-1)).toMatchObject({ count: 201, users: [] }), {
      timeout: 15_000,
    })
    expect(await onlineCount()).toBe(201)
  }, 40_000)

  test('ends at once for who is removed from a room of members, and so does their subscription', async () => {
    const closed = await makeRoom({ visibility: 'MEMBERS' })
    const [ann, ben] = [await member('ann', closed), await member('ben', closed)]
    const ofBen = ben.record<Presence>(PRESENCE, { roomId: closed })
    await ofBen.take(1)
    const ofAnn = ann.record<Presence>(PRESENCE, { roomId: closed })
    await shows(ofBen, ['ben ONLINE', 'ann ONLINE'])
    await ann.ask(SET_TYPING, { roomId: closed, typing: true })
    const typing = ben.record<Typing>(TYPING, { roomId: closed })
    await showsTyping(typing, ['ann'])
    await owner.ask(REMOVE_MEMBER, { roomId: closed, userId: 'ann' })
    expect(await codeOfEnd(ofAnn)).toBe('FORBIDDEN')
    await shows(ofBen, ['ben ONLINE'], 3_000)
    await showsTyping(typing, [], 3_000)
  })

  test('ends at once for who is revoked, by WebSocket or by server-sent events', async () => {
    const recording = await watchPresence()
    const [ann, ben] = [await caller('ann, revoked'), await node.token('ben, revoked')]
    ann.record(PRESENCE, { roomId })
    await using stream = await openEventStream(node.url, {
      query: PRESENCE,
      variables: { roomId },
      token: ben,
    })
    ;(await caller('cid')).record(PRESENCE, { roomId })
    await vi.waitFor(() => expect(recording.values.at(-1)?.count).toBe(3), { timeout: 5_000 })
    const revoke = `mutation ($userId: ID!) { revokeUser(userId: $userId, reason: "A test") }`
    const admin = await caller('an administrator', ['admin'])
    for (const userId of ['ann, revoked', 'ben, revoked']) await admin.ask(revoke, { userId })
    await shows(recording, ['cid ONLINE'], 3_000)
    await stream.rest()
  })

  test('continues for users who leave a public room as members and keep watching it', async () => {
    const ann = await member('ann')
    const recording = ann.record<Presence>(PRESENCE, { roomId })
    await recording.take(1)
    await ann.ask(LEAVE_ROOM, { roomId })
    ;(await caller('ben')).record(PRESENCE, { roomId })
    await shows(recording, ['ann ONLINE', 'ben ONLINE'])
  })

  test('is NOT_FOUND where the room is none of the caller’s', async () => {
    const closed = await makeRoom({ visibility: 'MEMBERS' })
    const signedIn = await makeRoom({ visibility: 'AUTHENTICATED' })
    const [ann, visitor] = [await caller('ann'), await caller()]
    for (const [by, room] of [
      [ann, closed],
      [ann, 'room_nowhere'],
      [visitor, signedIn],
    ] as const) {
      for (const document of [PRESENCE, TYPING]) {
        expect(await codeOfEnd(by.record(document, { roomId: room }))).toBe('NOT_FOUND')
      }
    }
    expect(await onlineCount(owner, closed)).toBe(0)
    expect(await codeOfEnd(visitor.record('subscription { presence(roomId: 5.5) { count } }'))).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    )
  })

  test('comes and counts over server-sent events, too', async () => {
    const token = await node.token('ann')
    const recording = await watchPresence()
    const stream = await openEventStream(node.url, { query: PRESENCE, variables: { roomId }, token })
    const first = await stream.next()
    expect(await onlineCount()).toBe(1)
    expect(first.data).toMatchObject({ data: { presence: { count: 1, users: [{ user: { id: 'ann' } }] } } })
    await shows(recording, ['ann ONLINE'])
    ;(await caller('ben')).record(TYPING, { roomId })
    expect((await stream.next()).data).toMatchObject({ data: { presence: { count: 2 } } })
    await stream[Symbol.asyncDispose]()
    await shows(recording, ['ben ONLINE'], GRACE_MS + 5_000)
  }, 30_000)
})

describe('setPresence', () => {
  test('over a WebSocket says it for that connection', async () => {
    const recording = await watchPresence()
    const [one, two] = [await caller('ann'), await caller('ann')]
    for (const each of [one, two]) await each.record(PRESENCE, { roomId }).take(1)
    await shows(recording, ['ann ONLINE'])
    const idle = { roomId, state: 'IDLE' }
    expect(await overSocket(one, SET_PRESENCE, idle)).toEqual({ data: { setPresence: true } })
    expect(await overSocket(two, SET_PRESENCE, idle)).toEqual({ data: { setPresence: true } })
    await shows(recording, ['ann IDLE'])
    await overSocket(one, SET_PRESENCE, { roomId, state: 'ONLINE' })
    await shows(recording, ['ann ONLINE'])
    expect(recording.values.map(presentIn)).toEqual([[], ['ann ONLINE'], ['ann IDLE'], ['ann ONLINE']])
  })

  test('over HTTP says it for all connections of the caller, and again is the same', async () => {
    const recording = await watchPresence()
    const ann = await caller('ann')
    await ann.record(PRESENCE, { roomId }).take(1)
    expect(await ann.ask(SET_PRESENCE, { roomId, state: 'IDLE' })).toBe(true)
    expect(await ann.ask(SET_PRESENCE, { roomId, state: 'IDLE' })).toBe(true)
    await shows(recording, ['ann IDLE'])
  })

  test('is false where the caller sees the room but is not present', async () => {
    const ann = await member('ann')
    expect(await ann.ask(SET_PRESENCE, { roomId, state: 'IDLE' })).toBe(false)
    expect(await overSocket(ann, SET_PRESENCE, { roomId, state: 'IDLE' })).toEqual({
      data: { setPresence: false },
    })
  })

  test('is refused to visitors, for rooms that are none of the caller’s, and without a state', async () => {
    const closed = await makeRoom({ visibility: 'MEMBERS' })
    const [ann, visitor] = [await caller('ann'), await caller()]
    const state = 'IDLE'
    expect(await visitor.refusal(SET_PRESENCE, { roomId, state })).toBe('UNAUTHENTICATED')
    expect(await ann.refusal(SET_PRESENCE, { roomId: closed, state })).toBe('NOT_FOUND')
    expect(await ann.refusal(SET_PRESENCE, { roomId: '', state })).toBe('NOT_FOUND')
    expect(await ann.refusal(SET_PRESENCE, { roomId, state: 'AWAY' })).toBe('BAD_USER_INPUT')
  })
})

describe('typing', () => {
  test('brings at once who is writing, and all of it again when that changes', async () => {
    const [ann, ben] = [await member('ann'), await member('ben')]
    expect(await ann.ask(SET_TYPING, { roomId, typing: true })).toBe(true)
    const recording = await watchTyping()
    expect(recording.values[0]).toEqual({
      roomId,
      users: [{ id: 'ann', name: 'ann' }],
      at: expect.any(String),
    })
    await overSocket(ben, SET_TYPING, { roomId, typing: true })
    await showsTyping(recording, ['ann', 'ben'])
    expect(await ann.ask(SET_TYPING, { roomId, typing: true })).toBe(true)
    expect(await ann.ask(SET_TYPING, { roomId, typing: false })).toBe(true)
    expect(await ann.ask(SET_TYPING, { roomId, typing: false })).toBe(true)
    await showsTyping(recording, ['ben'])
    expect(recording.values).toHaveLength(3)
  })

  test('ends ten seconds after the last signal', async () => {
    const ann = await member('ann')
    const recording = await watchTyping()
    await ann.ask(SET_TYPING, { roomId, typing: true })
    const saidAt = Date.now()
    await showsTyping(recording, ['ann'])
    await showsTyping(recording, [], 15_000)
    expect(Date.now() - saidAt).toBeGreaterThan(10_000 - 50)
    expect(Date.now() - saidAt).toBeLessThan(12_000)
  }, 30_000)

  test('ends when the user leaves the room', async () => {
    const ann = await member('ann')
    const recording = await watchTyping()
    const messages = ann.record('subscription ($roomId: ID!) { messages(roomId: $roomId) { __typename } }', {
      roomId,
    })
    await messages.take(1)
    await overSocket(ann, SET_TYPING, { roomId, typing: true })
    await showsTyping(recording, ['ann'])
    messages.stop()
    await showsTyping(recording, [], 3_000)
  })

  test.each([
    [
      'by schedule',
      (room: string) => owner.ask(UPDATE_ROOM, { input: { roomId: room, endsAt: inMs(1_500) } }),
    ],
    ['by its owner', (room: string) => owner.ask(END_ROOM, { roomId: room })],
  ])('ends when the room ends %s', async (_how, end) => {
    const ann = await member('ann')
    const recording = await watchTyping()
    await end(roomId)
    await ann.answer(SET_TYPING, { roomId, typing: true })
    const endedAt = async () => {
      const room = await owner.ask<{ readonly endedAt: string | null }>(ENDED_AT, { roomId })
      return room.endedAt
    }
    await vi.waitFor(async () => expect(await endedAt()).not.toBeNull(), { timeout: 5_000, interval: 50 })
    await showsTyping(recording, [], 1_500)
    expect(await ann.refusal(SET_TYPING, { roomId, typing: true })).toBe('INVALID_TRANSITION')
  })

  test('is for members, and for administrators and services', async () => {
    const recording = await watchTyping()
    for (const [sub, role] of [
      ['an administrator', 'admin'],
      ['a service', 'service'],
    ] as const) {
      const by = await caller(sub, [role])
      expect(await by.ask(SET_TYPING, { roomId, typing: true })).toBe(true)
    }
    await showsTyping(recording, ['an administrator', 'a service'])
    for (const by of [await caller('a stranger'), await caller('a moderator', ['moderator'])]) {
      expect(await by.refusal(SET_TYPING, { roomId, typing: true })).toBe('NOT_A_MEMBER')
    }
    expect(recording.values.at(-1)?.users).toHaveLength(2)
  })

  test('is not for who is muted, though they may stop', async () => {
    const ann = await member('ann')
    await owner.ask(MUTE_MEMBER, { roomId, userId: 'ann' })
    expect(await ann.refusal(SET_TYPING, { roomId, typing: true })).toBe('MUTED')
    expect(await ann.ask(SET_TYPING, { roomId, typing: false })).toBe(true)
    await owner.ask(MUTE_MEMBER, { roomId, userId: 'ann', until: new Date(0).toISOString() })
    expect(await ann.ask(SET_TYPING, { roomId, typing: true })).toBe(true)
  })

  test('is refused in a room that has ended, or is none of the caller’s, and to visitors', async () => {
    const ann = await member('ann')
    const closed = await makeRoom({ visibility: 'MEMBERS' })
    const visitor = await caller()
    const typing = true
    expect(await visitor.refusal(SET_TYPING, { roomId, typing })).toBe('UNAUTHENTICATED')
    expect(await ann.refusal(SET_TYPING, { roomId: closed, typing })).toBe('NOT_FOUND')
    expect(await ann.refusal(SET_TYPING, { roomId: 'room_nowhere', typing: false })).toBe('NOT_FOUND')
    await owner.ask(END_ROOM, { roomId })
    expect(await ann.refusal(SET_TYPING, { roomId, typing })).toBe('INVALID_TRANSITION')
    const input = { roomId: closed, visibility: 'PUBLIC' }
    await owner.ask(UPDATE_ROOM, { input })
    expect(await ann.refusal(SET_TYPING, { roomId: closed, typing })).toBe('NOT_A_MEMBER')
  })
})
