import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller, type Variables } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import {
  AUCTION_STATE,
  type AuctionAnswer,
  type AuctionEntry,
  BIDS,
  CREATE_AUCTION,
  PLACE_BID,
} from './auction-documents.ts'
import {
  ADD_MEMBER,
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
  PAUSE_ROOM,
  type Page,
  REMOVE_MEMBER,
  RESUME_ROOM,
  ROOM_QUERY,
  ROOM_STATE,
  type Room,
  type RoomAnswer,
  type RoomEntry,
  SEND,
  START_ROOM,
  UPDATE_ROOM,
} from './room-documents.ts'

let node: TestNode
let owner: Caller
let ann: Caller
let bob: Caller
let admin: Caller
let service: Caller
let visitor: Caller

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  owner = await createCaller(node, 'olga')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  admin = await createCaller(node, 'an administrator', ['admin'])
  service = await createCaller(node, 'a service', ['service'])
  visitor = await createCaller(node)
  // Users who were seen with a token exist.
  for (const each of [owner, ann, bob, admin, service]) await each.ask('{ viewer { user { id } } }')
})

afterAll(async () => {
  for (const each of [owner, ann, bob, admin, service, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

function create(input: object = {}, by: Caller = owner): Promise<RoomAnswer> {
  const given = { name: 'A room', kind: 'CHAT', visibility: 'PUBLIC', ...input }
  return by.ask<RoomAnswer>(CREATE_ROOM, { input: given })
}

/** A room in which ann is a member. */
async function createWithAnn(input: object = {}): Promise<Room> {
  const { room } = await create(input)
  await owner.ask(ADD_MEMBER, { roomId: room.id, userId: ann.id })
  return room
}

function change(by: Caller, document: string, roomId: string, more: object = {}): Promise<MembershipAnswer> {
  return by.ask<MembershipAnswer>(document, { roomId, ...more })
}

function send(by: Caller, roomId: string, body: string): Promise<MessageAnswer> {
  return by.ask<MessageAnswer>(SEND, { input: { roomId, body, clientMessageId: randomUUID() } })
}

/** A caller of this name, with a connection of its own, for this test. */
async function callerOfTest(sub?: string): Promise<Caller> {
  const caller = await createCaller(node, sub)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

interface Followed {
  readonly entries: Recording<RoomEntry>
  /** The first `count` entries, each in a line. Fails where more have come. */
  lines(count: number): Promise<readonly string[]>
}

/** What an administrator, who sees every room, hears of a room from `after` on. */
async function follow({ id, cursor }: Pick<Room, 'id' | 'cursor'>): Promise<Followed> {
  const listener = await createCaller(node, 'an administrator', ['admin'])
  onTestFinished(() => listener[Symbol.asyncDispose]())
  const entries = listener.record<RoomEntry>(ROOM_STATE, { roomId: id, after: cursor })
  return {
    entries,
    async lines(count) {
      await entries.take(count)
      const { cursor: head } = await admin.ask<Room>(ROOM_QUERY, { id })
      await caughtUp(listener)
      expect(entries.values.at(-1)?.cursor ?? cursor).toBe(head)
      return entries.values.map(lineOf)
    },
  }
}

function lineOf({ __typename, offset, room, user, memberCount }: RoomEntry): string {
  const what = room === undefined ? `${user?.id} ${memberCount ?? ''}`.trim() : `${room.phase} ${room.name}`
  return `${offset} ${__typename}: ${what}`
}

describe('createRoom', () => {
  test('makes the caller its owner and first member; roomState continues from its cursor', async () => {
    const { room, cursor } = await create({ name: '  A quiet room ' })
    expect(room).toMatchObject({
      name: 'A quiet room',
      kind: 'CHAT',
      visibility: 'PUBLIC',
      phase: 'LIVE',
      owner: { id: 'olga' },
      memberCount: 1,
      disclosure: 'OWN',
      endedAt: null,
    })
    expect(room.cursor).toBe(cursor)
    const state = visitor.record<RoomEntry>(ROOM_STATE, { roomId: room.id })
    const [snapshot] = await state.take(1)
    expect(snapshot).toMatchObject({
      __typename: 'RoomSnapshot',
      offset: 0,
      cursor,
      reset: false,
      room: { id: room.id, memberCount: 1 },
    })
    state.stop()
    const messages = visitor.record<MessageEntry>(MESSAGES, { roomId: room.id })
    expect((await messages.take(1))[0]).toMatchObject({
      __typename: 'MessagesSnapshot',
      offset: 0,
      cursor: room.messagesCursor,
      messages: [],
    })
    messages.stop()
  })

  test('with one key makes one room, however often it is asked', async () => {
    const idempotencyKey = randomUUID()
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ idempotencyKey })))
    expect(new Set(answers.map(({ room, cursor }) => `${room?.id} ${cursor}`)).size).toBe(1)
    const other = await create({ idempotencyKey, name: 'Another' })
    expect(other).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test.for([
    { field: 'name', input: { name: ' ' } },
    { field: 'name', input: { name: 'x'.repeat(201) } },
    { field: 'kind', input: { kind: 'DIRECT' } },
    { field: 'endsAt', input: { endsAt: '2020-01-01T00:00:00.000Z' } },
    { field: 'endsAt', input: { startsAt: '2033-01-01T00:00:00.000Z', endsAt: '2099-01-01T00:00:00.000Z' } },
  ])('refuses $input as INVALID_INPUT, field $field', async ({ field, input }) => {
    expect(await create(input)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test.for([{ kind: 'LOBBY' }, { visibility: 'ADMIN' }])('of %o needs an administrator', async (input) => {
    const given = { name: 'A room', kind: 'CHAT', visibility: 'PUBLIC', ...input }
    expect(await owner.refusal(CREATE_ROOM, { input: given })).toBe('FORBIDDEN')
    expect(await create(input, admin)).toMatchObject({ room: { phase: 'LIVE' } })
  })
})

describe('the rooms of the first start', () => {
  test('are three lobbies, each with its own visibility', async () => {
    const rooms = await Promise.all(
      ['global', 'authenticated', 'admin'].map((id) => admin.ask<Room>(ROOM_QUERY, { id })),
    )
    expect(rooms).toMatchObject([
      { id: 'room_global', name: 'global', visibility: 'PUBLIC', kind: 'LOBBY', phase: 'LIVE', owner: null },
      { id: 'room_authenticated', visibility: 'AUTHENTICATED', kind: 'LOBBY', phase: 'LIVE' },
      { id: 'room_admin', visibility: 'ADMIN', kind: 'LOBBY', phase: 'LIVE' },
    ])
  })

  test.for([
    { who: 'a visitor', sees: ['global'] },
    { who: 'a user', sees: ['global', 'authenticated'] },
    { who: 'a service', sees: ['global', 'authenticated'] },
  ])('are seen by $who: $sees', async ({ who, sees }) => {
    const caller = who === 'a visitor' ? visitor : who === 'a user' ? ann : service
    for (const id of ['global', 'authenticated', 'admin']) {
      const { data } = await caller.answer(ROOM_QUERY, { id })
      expect(data).toMatchObject({ room: sees.includes(id) ? { id: `room_${id}` } : null })
      const recording = caller.record<RoomEntry>(ROOM_STATE, { roomId: id })
      if (sees.includes(id)) expect(await recording.take(1)).toHaveLength(1)
      else expect(await codeOfEnd(recording)).toBe('NOT_FOUND')
      recording.stop()
    }
  })
})

describe('the life of a room', () => {
  test('goes by hand from SCHEDULED over LIVE and PAUSED to ENDED, each step an entry', async () => {
    const { room } = await create({ startsAt: inMs(600_000) })
    expect(room.phase).toBe('SCHEDULED')
    const heard = await follow(room)
    const outOfOrder = { code: 'INVALID_TRANSITION' }
    for (const document of [PAUSE_ROOM, RESUME_ROOM]) {
      expect(await change(owner, document, room.id)).toMatchObject(outOfOrder)
    }
    const started = await change(owner, START_ROOM, room.id)
    expect(started).toMatchObject({ room: { phase: 'LIVE' } })
    expect(await change(owner, START_ROOM, room.id)).toMatchObject({ room: { phase: 'LIVE' } })
    await change(owner, PAUSE_ROOM, room.id)
    expect(await change(owner, PAUSE_ROOM, room.id)).toMatchObject({ room: { phase: 'PAUSED' } })
    expect(await change(owner, START_ROOM, room.id)).toMatchObject(outOfOrder)
    await change(owner, RESUME_ROOM, room.id)
    const ended = await change(owner, END_ROOM, room.id)
    expect(await change(owner, END_ROOM, room.id)).toMatchObject({
      room: { phase: 'ENDED' },
      cursor: ended.cursor,
    })
    for (const document of [START_ROOM, PAUSE_ROOM, RESUME_ROOM]) {
      expect(await change(owner, document, room.id)).toMatchObject(outOfOrder)
    }
    expect(await heard.lines(4)).toEqual([
      '1 RoomStarted: LIVE A room',
      '2 RoomPaused: PAUSED A room',
      '3 RoomResumed: LIVE A room',
      '4 RoomEnded: ENDED A room',
    ])
    expect(heard.entries.values[0]?.cursor).toBe(started.cursor)
    expect(heard.entries.values[3]?.cursor).toBe(ended.cursor)
  })

  test('goes by time alone, each step once and within a second', async () => {
    const { room } = await create({ startsAt: inMs(700), endsAt: inMs(1_500) })
    const heard = await follow(room)
    expect(await heard.lines(2)).toEqual(['1 RoomStarted: LIVE A room', '2 RoomEnded: ENDED A room'])
    const { startsAt, endsAt } = await admin.ask<{ startsAt: string; endsAt: string }>(ROOM_QUERY, {
      id: room.id,
    })
    const [started, ended] = heard.entries.values
    expect(Date.parse(started?.at ?? '') - Date.parse(startsAt)).toBeLessThan(1_000)
    expect(Date.parse(ended?.at ?? '') - Date.parse(endsAt)).toBeLessThan(1_000)
  })

  test('takes OWNER, MODERATOR or ADMIN; to others it is FORBIDDEN, or NOT_FOUND where they see no room', async () => {
    const { room } = await create()
    const hidden = await create({ visibility: 'MEMBERS' })
    for (const document of [START_ROOM, PAUSE_ROOM, RESUME_ROOM, END_ROOM]) {
      expect(await ann.refusal(document, { roomId: room.id })).toBe('FORBIDDEN')
      expect(await change(ann, document, hidden.room.id)).toMatchObject({ code: 'NOT_FOUND' })
      expect(await change(ann, document, 'nowhere')).toMatchObject({ code: 'NOT_FOUND' })
      expect(await visitor.refusal(document, { roomId: room.id })).toBe('UNAUTHENTICATED')
    }
    await change(owner, ADD_MEMBER, room.id, { userId: bob.id, role: 'MODERATOR' })
    expect(await change(bob, PAUSE_ROOM, room.id)).toMatchObject({ room: { phase: 'PAUSED' } })
    expect(await change(admin, RESUME_ROOM, room.id)).toMatchObject({ room: { phase: 'LIVE' } })
    const moderator = await createCaller(node, 'a moderator', ['moderator'])
    expect(await change(moderator, PAUSE_ROOM, room.id)).toMatchObject({ room: { phase: 'PAUSED' } })
    expect(await change(moderator, PAUSE_ROOM, hidden.room.id)).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('ends with that of its auctions: LIVE ones as by the hammer, SCHEDULED ones are cancelled', async () => {
    const { room } = await create({ kind: 'AUCTION' })
    const input = {
      roomId: room.id,
      title: 'A lot',
      currency: 'EUR',
      startingPrice: 5,
      endsAt: inMs(900_000),
    }
    const created = await Promise.all(
      [{}, {}, { startsAt: inMs(600_000) }].map((more) =>
        owner.ask<AuctionAnswer>(CREATE_AUCTION, { input: { ...input, ...more } }),
      ),
    )
    const [sold, unsold, cancelled] = created.map(({ auction, cursor }) =>
      visitor.record<AuctionEntry>(BIDS, { id: auction.id, after: cursor }),
    )
    const offer = { auctionId: created[0]?.auction.id, amount: 5, idempotencyKey: randomUUID() }
    await ann.ask(PLACE_BID, { input: offer })
    await change(owner, END_ROOM, room.id)
    const within = 5_000
    expect((await sold?.take(2, within))?.[1]).toMatchObject({ __typename: 'AuctionSold' })
    expect((await unsold?.take(1, within))?.[0]).toMatchObject({ __typename: 'AuctionUnsold' })
    expect((await cancelled?.take(1, within))?.[0]).toMatchObject({ __typename: 'AuctionCancelled' })
  })
})

describe('updateRoom', () => {
  function update(by: Caller, input: object): Promise<RoomAnswer> {
    return by.ask<RoomAnswer>(UPDATE_ROOM, { input })
  }

  test('changes what it names, once', async () => {
    const { room } = await create()
    const heard = await follow(room)
    const first = await update(owner, { roomId: room.id, name: ' Renamed ' })
    expect(first).toMatchObject({ room: { name: 'Renamed', visibility: 'PUBLIC' } })
    const again = await update(owner, { roomId: room.id, name: 'Renamed' })
    expect(again.cursor).toBe(first.cursor)
    expect(await heard.lines(1)).toEqual(['1 RoomUpdated: LIVE Renamed'])
    expect(heard.entries.values[0]?.cursor).toBe(first.cursor)
  })

  test('refuses invalid settings, late changes, and callers without the right', async () => {
    const { room } = await create()
    const roomId = room.id
    const invalid = (field: string) => ({ code: 'INVALID_INPUT', field })
    expect(await update(owner, { roomId, name: '' })).toMatchObject(invalid('name'))
    expect(await update(owner, { roomId, endsAt: '2020-01-01T00:00:00Z' })).toMatchObject(invalid('endsAt'))
    expect(await update(owner, { roomId, startsAt: inMs(600_000) })).toMatchObject({
      code: 'INVALID_TRANSITION',
    })
    expect(await update(owner, { roomId: 'nowhere', name: 'A' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await ann.refusal(UPDATE_ROOM, { input: { roomId, name: 'A' } })).toBe('FORBIDDEN')
    expect(await owner.refusal(UPDATE_ROOM, { input: { roomId, visibility: 'ADMIN' } })).toBe('FORBIDDEN')
    await change(owner, END_ROOM, roomId)
    expect(await update(owner, { roomId, name: 'Late' })).toMatchObject({ code: 'INVALID_TRANSITION' })
  })

  test('to MEMBERS ends the subscriptions of those who are none', async () => {
    const room = await createWithAnn()
    const [stranger, member] = [await callerOfTest(), await callerOfTest('ann')]
    const lost = [ROOM_STATE, MESSAGES].map((document) =>
      stranger.record<RoomEntry>(document, { roomId: room.id }),
    )
    const kept = member.record<MessageEntry>(MESSAGES, { roomId: room.id })
    await Promise.all([...lost, kept].map((each) => each.take(1)))
    const watching = await follow(room)
    await update(owner, { roomId: room.id, visibility: 'MEMBERS' })
    const changed = (await watching.entries.take(2))[1]?.offset ?? 0
    expect(await Promise.all(lost.map(codeOfEnd))).toEqual(['FORBIDDEN', 'FORBIDDEN'])
    await send(owner, room.id, 'Among ourselves')
    expect((await kept.take(2))[1]).toMatchObject({ __typename: 'MessageSent' })
    await caughtUp(stranger)
    // The entry of the change itself may have come before the end, but nothing after it.
    expect(lost.map(({ values }) => values.filter(({ offset }) => offset > changed))).toEqual([[], []])
    expect((await visitor.answer(ROOM_QUERY, { id: room.id })).data).toEqual({ room: null })
  })
})

describe('members', () => {
  test('join once, and leave once', async () => {
    const { room } = await create()
    const heard = await follow(room)
    const joined = await change(ann, JOIN_ROOM, room.id)
    expect(joined).toMatchObject({
      room: { memberCount: 2 },
      membership: { user: { id: 'ann' }, role: 'MEMBER', mutedUntil: null },
    })
    const again = await change(ann, JOIN_ROOM, room.id)
    expect(again).toMatchObject({ cursor: joined.cursor, membership: joined.membership })
    expect(await change(ann, LEAVE_ROOM, room.id)).toMatchObject({
      room: { memberCount: 1 },
      membership: null,
    })
    expect(await change(ann, LEAVE_ROOM, room.id)).toMatchObject({ code: 'NOT_A_MEMBER' })
    await change(ann, JOIN_ROOM, room.id)
    expect(await heard.lines(3)).toEqual([
      '1 MemberJoined: ann 2',
      '2 MemberLeft: ann 1',
      '3 MemberJoined: ann 2',
    ])
    expect(heard.entries.values[0]?.cursor).toBe(joined.cursor)
  })

  test('are added by those who moderate and by services, also whom nobody has seen yet', async () => {
    const { room } = await create({ visibility: 'MEMBERS' })
    const heard = await follow(room)
    const unseen = `nobody-${randomUUID()}`
    expect(await change(owner, ADD_MEMBER, room.id, { userId: unseen })).toMatchObject({
      membership: { user: { id: unseen }, role: 'MEMBER' },
    })
    await change(service, ADD_MEMBER, room.id, { userId: bob.id, role: 'MODERATOR' })
    expect(await change(bob, ADD_MEMBER, room.id, { userId: ann.id })).toMatchObject({
      room: { memberCount: 4 },
      membership: { user: { id: 'ann' }, role: 'MEMBER' },
    })
    await change(bob, ADD_MEMBER, room.id, { userId: ann.id })
    expect(await heard.lines(3)).toEqual([
      `1 MemberJoined: ${unseen} 2`,
      '2 MemberJoined: bob 3',
      '3 MemberJoined: ann 4',
    ])
    expect(await change(owner, ADD_MEMBER, room.id, { userId: '' })).toMatchObject({ field: 'userId' })
    expect(await change(owner, ADD_MEMBER, room.id, { userId: 'x'.repeat(257) })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'userId',
    })
    expect(await change(owner, ADD_MEMBER, room.id, { userId: ann.id, role: 'OWNER' })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'role',
    })
    expect(await ann.refusal(ADD_MEMBER, { roomId: room.id, userId: 'x' })).toBe('FORBIDDEN')
  })

  test('are removed for good: only being added brings them back', async () => {
    const room = await createWithAnn()
    const heard = await follow({
      id: room.id,
      cursor: (await admin.ask<Room>(ROOM_QUERY, { id: room.id })).cursor,
    })
    const removed = await change(owner, REMOVE_MEMBER, room.id, { userId: ann.id, reason: 'Rude' })
    expect(removed).toMatchObject({ room: { memberCount: 1 }, membership: null })
    expect(await change(owner, REMOVE_MEMBER, room.id, { userId: ann.id })).toMatchObject({
      cursor: removed.cursor,
    })
    expect(await change(ann, JOIN_ROOM, room.id)).toMatchObject({ code: 'NOT_A_MEMBER' })
    expect(await change(ann, LEAVE_ROOM, room.id)).toMatchObject({ code: 'NOT_A_MEMBER' })
    await change(owner, ADD_MEMBER, room.id, { userId: ann.id })
    expect(await heard.lines(2)).toEqual(['2 MemberRemoved: ann 1', '3 MemberJoined: ann 2'])
    expect(heard.entries.values[0]).toMatchObject({ reason: 'Rude', cursor: removed.cursor })
  })

  test('are not removed or muted by other members, nor the owner by anyone', async () => {
    const room = await createWithAnn()
    await change(bob, JOIN_ROOM, room.id)
    for (const document of [REMOVE_MEMBER, MUTE_MEMBER]) {
      expect(await ann.refusal(document, { roomId: room.id, userId: bob.id })).toBe('FORBIDDEN')
      expect(await change(admin, document, room.id, { userId: owner.id })).toMatchObject({
        code: 'INVALID_TRANSITION',
      })
      expect(await change(owner, document, room.id, { userId: 'never seen' })).toMatchObject({
        code: 'NOT_FOUND',
        field: 'userId',
      })
    }
    await change(bob, LEAVE_ROOM, room.id)
    expect(await change(owner, MUTE_MEMBER, room.id, { userId: bob.id })).toMatchObject({
      code: 'NOT_A_MEMBER',
    })
    expect(await change(owner, REMOVE_MEMBER, room.id, { userId: bob.id })).toMatchObject({
      membership: null,
    })
    expect(await change(owner, LEAVE_ROOM, room.id)).toMatchObject({ code: 'INVALID_TRANSITION' })
    await change(owner, END_ROOM, room.id)
    expect(await change(owner, LEAVE_ROOM, room.id)).toMatchObject({ membership: null })
    expect(await change(ann, LEAVE_ROOM, room.id)).toMatchObject({ membership: null })
    expect(await change(ann, JOIN_ROOM, room.id)).toMatchObject({ code: 'INVALID_TRANSITION' })
    expect(await change(bob, JOIN_ROOM, room.id)).toMatchObject({ code: 'NOT_A_MEMBER' })
  })

  test('are muted until further notice, until an instant, and unmuted by a past one', async () => {
    const room = await createWithAnn()
    const heard = await follow({
      id: room.id,
      cursor: (await admin.ask<Room>(ROOM_QUERY, { id: room.id })).cursor,
    })
    const mute = (until: string | null) => change(owner, MUTE_MEMBER, room.id, { userId: ann.id, until })
    expect((await mute(null)).membership?.mutedUntil).not.toBeNull()
    expect(await send(ann, room.id, 'Hello')).toMatchObject({ code: 'MUTED' })
    const until = inMs(600_000)
    expect(await mute(until)).toMatchObject({ membership: { mutedUntil: until } })
    await mute(until)
    expect(await send(ann, room.id, 'Hello')).toMatchObject({ code: 'MUTED' })
    expect(await mute('2020-01-01T00:00:00.000Z')).toMatchObject({ membership: { mutedUntil: null } })
    expect(await send(ann, room.id, 'Hello')).toMatchObject({ message: { body: 'Hello' } })
    expect(await heard.lines(3)).toEqual(['2 MemberMuted: ann', '3 MemberMuted: ann', '4 MemberMuted: ann'])
    expect(heard.entries.values.map((entry) => entry.until)).toEqual([
      null,
      until,
      '2020-01-01T00:00:00.000Z',
    ])
  })

  test.for(['a\0b', 'a\ud800b'])('cannot be removed for a reason nobody can keep', async (reason) => {
    const room = await createWithAnn()
    expect(await change(owner, REMOVE_MEMBER, room.id, { userId: ann.id, reason })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'reason',
    })
  })

  test('see themselves in `membership`, others do not', async () => {
    const room = await createWithAnn()
    expect(await ann.ask(ROOM_QUERY, { id: room.id })).toMatchObject({ membership: { role: 'MEMBER' } })
    expect(await owner.ask(ROOM_QUERY, { id: room.id })).toMatchObject({ membership: { role: 'OWNER' } })
    expect(await bob.ask(ROOM_QUERY, { id: room.id })).toMatchObject({ membership: null })
    expect(await visitor.ask(ROOM_QUERY, { id: room.id })).toMatchObject({ membership: null })
  })
})

describe('a MEMBERS room', () => {
  let room: Room
  let auctionId: string
  let messageId: string

  beforeAll(async () => {
    room = await createWithAnn({ visibility: 'MEMBERS', kind: 'AUCTION' })
    const input = {
      roomId: room.id,
      title: 'A lot',
      currency: 'EUR',
      startingPrice: 5,
      endsAt: inMs(900_000),
    }
    auctionId = (await owner.ask<AuctionAnswer>(CREATE_AUCTION, { input })).auction.id
    messageId = (await send(ann, room.id, 'Hello')).message.id
  })

  const LISTS = `query ($after: String) {
    rooms(first: 100, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } }
    auctions(first: 100) { edges { node { id } } }
  }`

  test('is null and absent from lists for others', async () => {
    for (const caller of [bob, visitor]) {
      for (const id of [room.id, auctionId, messageId]) {
        expect((await caller.answer(NODE_QUERY, { id })).data).toEqual({ node: null })
      }
      expect((await caller.answer(ROOM_QUERY, { id: room.id })).data).toEqual({ room: null })
      const text = JSON.stringify((await caller.answer(LISTS)).data)
      expect(text).not.toContain(room.id)
      expect(text).not.toContain(auctionId)
      const list = 'query ($id: ID!) { auctions(roomId: $id) { edges { node { id } } } }'
      expect((await caller.answer(list, { id: room.id })).data).toEqual({ auctions: { edges: [] } })
    }
  })

  test('is there for members, administrators and services', async () => {
    for (const caller of [ann, owner, admin, service]) {
      for (const id of [room.id, auctionId, messageId]) {
        expect((await caller.answer(NODE_QUERY, { id })).data).toMatchObject({ node: { id } })
      }
      expect(JSON.stringify((await caller.answer(LISTS)).data)).toContain(auctionId)
    }
  })

  test('is NOT_FOUND for the subscriptions of others', async () => {
    for (const caller of [bob, visitor]) {
      const recordings = [
        caller.record(ROOM_STATE, { roomId: room.id }),
        caller.record(MESSAGES, { roomId: room.id }),
        caller.record(MESSAGES, { roomId: room.id, after: room.messagesCursor }),
        caller.record(BIDS, { id: auctionId }),
        caller.record(AUCTION_STATE, { id: auctionId }),
      ]
      expect(new Set(await Promise.all(recordings.map(codeOfEnd)))).toEqual(new Set(['NOT_FOUND']))
    }
  })

  test('is NOT_FOUND for the mutations of others', async () => {
    const notFound = { code: 'NOT_FOUND' }
    for (const document of [JOIN_ROOM, LEAVE_ROOM, START_ROOM, END_ROOM]) {
      expect(await change(bob, document, room.id)).toMatchObject(notFound)
    }
    for (const document of [ADD_MEMBER, REMOVE_MEMBER, MUTE_MEMBER]) {
      expect(await change(bob, document, room.id, { userId: ann.id })).toMatchObject(notFound)
    }
    expect(await bob.ask(UPDATE_ROOM, { input: { roomId: room.id, name: 'Mine' } })).toMatchObject(notFound)
    expect(await send(bob, room.id, 'Hello')).toMatchObject(notFound)
    expect(await bob.ask(EDIT, { id: messageId, body: 'Mine' })).toMatchObject(notFound)
    expect(await bob.ask(DELETE, { id: messageId })).toMatchObject(notFound)
    const offer = { auctionId, amount: 5, idempotencyKey: randomUUID() }
    expect(await bob.ask(PLACE_BID, { input: offer })).toMatchObject(notFound)
  })

  test('ends every subscription of a removed member, and sends nothing that came later', async () => {
    const removed = await callerOfTest('bob')
    await change(owner, ADD_MEMBER, room.id, { userId: bob.id })
    const running: readonly Recording<object>[] = [
      removed.record(ROOM_STATE, { roomId: room.id }),
      removed.record(MESSAGES, { roomId: room.id }),
      removed.record(BIDS, { id: auctionId }),
      removed.record(AUCTION_STATE, { id: auctionId }),
    ]
    const kept = ann.record<MessageEntry>(MESSAGES, { roomId: room.id })
    await Promise.all([...running, kept].map((each) => each.take(1)))
    const before = running.map(({ values }) => values.length)

    const { cursor } = await change(owner, REMOVE_MEMBER, room.id, { userId: bob.id })
    await send(owner, room.id, 'He is gone')
    const offer = { auctionId, amount: 5, idempotencyKey: randomUUID() }
    await ann.ask(PLACE_BID, { input: offer })
    expect(await Promise.all(running.map(codeOfEnd))).toEqual(running.map(() => 'FORBIDDEN'))
    expect((await kept.take(2))[1]).toMatchObject({ __typename: 'MessageSent' })
    await caughtUp(removed)
    // The entry of the removal itself may have come before the end, but nothing after it.
    const later = running.map(({ values }, index) => values.slice(before[index]))
    expect(later.slice(1)).toEqual([[], [], []])
    expect((later[0] as readonly RoomEntry[]).every((entry) => entry.cursor === cursor)).toBe(true)
    const again = removed.record(MESSAGES, { roomId: room.id, after: room.messagesCursor })
    expect(await codeOfEnd(again)).toBe('NOT_FOUND')
    kept.stop()
  })

  test('sends removed members nothing that is committed after the answer, even during a stream of messages', async () => {
    const removed = await callerOfTest('bob')
    for (let round = 0; round < 5; round += 1) {
      await change(owner, ADD_MEMBER, room.id, { userId: bob.id })
      const messages = removed.record<MessageEntry>(MESSAGES, { roomId: room.id })
      await messages.take(1)
      let isOver = false
      const talk = async (by: Caller): Promise<void> => {
        while (!isOver) await send(by, room.id, 'And another thing')
      }
      const talking = [owner, ann, owner, ann].map(talk)
      await messages.take(5)
      await change(owner, REMOVE_MEMBER, room.id, { userId: bob.id })
      const answeredAt = Date.now()
      expect(await codeOfEnd(messages)).toBe('FORBIDDEN')
      expect(Date.now() - answeredAt).toBeLessThan(1_000)
      isOver = true
      await Promise.all(talking)
      await caughtUp(removed)
      const late = messages.values.filter(({ at, message }) => message && Date.parse(at) > answeredAt)
      expect(late).toEqual([])
    }
  })

  test('ends them with one typed error frame', async () => {
    await change(owner, ADD_MEMBER, room.id, { userId: bob.id })
    using socket = await openRawSocket(node.wsUrl, { token: bob.token })
    const payload = { query: MESSAGES, variables: { roomId: room.id } }
    socket.send({ id: 'a', type: 'subscribe', payload })
    await socket.frame(({ id }) => id === 'a')
    await change(owner, REMOVE_MEMBER, room.id, { userId: bob.id })
    const end = await socket.frame(({ id, type }) => id === 'a' && type !== 'next')
    expect(end).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] })
    socket.send({ id: 'b', type: 'subscribe', payload: { query: '{ __typename }' } })
    await socket.frame(({ id, type }) => id === 'b' && type === 'complete')
    const frames = socket.frames.filter(({ id }) => id === 'a').map(({ type }) => type)
    expect(frames).toEqual(['next', 'error'])
  })

  test('ends the subscriptions of a member who leaves, too', async () => {
    const leaver = await callerOfTest('bob')
    await change(owner, ADD_MEMBER, room.id, { userId: bob.id })
    const messages = leaver.record(MESSAGES, { roomId: room.id })
    await messages.take(1)
    expect(await change(leaver, LEAVE_ROOM, room.id)).toMatchObject({ membership: null })
    expect(await codeOfEnd(messages)).toBe('FORBIDDEN')
  })
})

describe('a PUBLIC room', () => {
  test('keeps sending to removed members: anyone may see it', async () => {
    const room = await createWithAnn()
    const removed = await callerOfTest('ann')
    const messages = removed.record<MessageEntry>(MESSAGES, { roomId: room.id })
    await messages.take(1)
    await change(owner, REMOVE_MEMBER, room.id, { userId: ann.id })
    await send(owner, room.id, 'Still here?')
    expect((await messages.take(2))[1]).toMatchObject({ __typename: 'MessageSent' })
    expect(await send(ann, room.id, 'Yes')).toMatchObject({ code: 'NOT_A_MEMBER' })
  })
})

describe('roomState', () => {
  test('continues from any cursor with exactly the entries after it', async () => {
    const { room } = await create()
    const users = Array.from({ length: 8 }, (_, index) => `guest-${index}`)
    for (const userId of users) await change(owner, ADD_MEMBER, room.id, { userId })
    const heard = await follow(room)
    const all = await heard.lines(8)
    for (const [index, { cursor }] of heard.entries.values.entries()) {
      const rest = bob.record<RoomEntry>(ROOM_STATE, { roomId: room.id, after: cursor })
      await rest.take(all.length - index - 1)
      await caughtUp(bob)
      expect(rest.values.map(lineOf)).toEqual(all.slice(index + 1))
      rest.stop()
    }
  })

  test('takes over from `room.cursor` while members come, without a gap and without a repetition', async () => {
    const { room } = await create()
    const listener = await callerOfTest()
    const readers: { readonly seen: Room; readonly entries: Recording<RoomEntry> }[] = []
    let isOver = false
    async function fill(): Promise<void> {
      for (let index = 0; index < 30; index += 1) {
        await change(owner, ADD_MEMBER, room.id, { userId: `guest-${index}` })
      }
      isOver = true
    }
    const filling = fill()
    while (!isOver && readers.length < 90) {
      const seen = await listener.ask<Room>(ROOM_QUERY, { id: room.id })
      const entries = listener.record<RoomEntry>(ROOM_STATE, { roomId: room.id, after: seen.cursor })
      readers.push({ seen, entries })
    }
    await filling
    for (const { seen, entries } of readers) {
      const expected = Array.from(
        { length: 31 - seen.memberCount },
        (_, index) => seen.memberCount + index + 1,
      )
      await entries.take(expected.length)
      await caughtUp(listener)
      expect(entries.values.map(({ memberCount }) => memberCount)).toEqual(expected)
    }
  })

  test('shows in each entry the state right after it, on replay too', async () => {
    const { room } = await create()
    for (const name of ['First', 'Second', 'Third']) {
      await owner.ask(UPDATE_ROOM, { input: { roomId: room.id, name } })
    }
    const heard = await follow(room)
    expect(await heard.lines(3)).toEqual([
      '1 RoomUpdated: LIVE First',
      '2 RoomUpdated: LIVE Second',
      '3 RoomUpdated: LIVE Third',
    ])
  })
})

describe('a visitor', () => {
  test.for([
    { document: CREATE_ROOM, variables: { input: { name: 'A', kind: 'CHAT', visibility: 'PUBLIC' } } },
    { document: UPDATE_ROOM, variables: { input: { roomId: 'global', name: 'A' } } },
    ...[JOIN_ROOM, LEAVE_ROOM, START_ROOM, PAUSE_ROOM, RESUME_ROOM, END_ROOM].map((document) => ({
      document,
      variables: { roomId: 'global' },
    })),
    ...[ADD_MEMBER, REMOVE_MEMBER, MUTE_MEMBER].map((document) => ({
      document,
      variables: { roomId: 'global', userId: 'ann' },
    })),
  ])('is UNAUTHENTICATED for $document', async ({ document, variables }) => {
    expect(await visitor.refusal(document, variables)).toBe('UNAUTHENTICATED')
  })
})

describe('paging', () => {
  const ROOMS = `query ($first: Int, $after: String) { viewer { rooms(first: $first, after: $after) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
  const MEMBERS = `query ($id: ID!, $first: Int, $after: String) { room(id: $id) { members(first: $first, after: $after) {
    totalCount edges { cursor node { user { id } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`

  test('through one’s own rooms shows each once, newest first', async () => {
    const pager = await callerOfTest(`pager-${randomUUID()}`)
    const made: string[] = []
    for (let index = 0; index < 7; index += 1) made.unshift((await create({}, pager)).room.id)
    const seen: string[] = []
    let after: string | null = null
    for (let hasNextPage = true; hasNextPage; ) {
      const variables: { first: number; after: string | null } = { first: 3, after }
      const { rooms } = await pager.ask<{ readonly rooms: Page<{ readonly id: string }> }>(ROOMS, variables)
      const { edges, pageInfo } = rooms
      expect(pageInfo).toMatchObject({
        hasPreviousPage: after !== null,
        startCursor: edges[0]?.cursor,
        endCursor: edges.at(-1)?.cursor,
      })
      seen.push(...edges.map((edge) => edge.node.id))
      after = pageInfo.endCursor
      hasNextPage = pageInfo.hasNextPage
    }
    expect(seen).toEqual(made)
    expect(await pager.ask(ROOMS, { first: 7 })).toMatchObject({
      rooms: { pageInfo: { hasNextPage: false } },
    })
    expect(await pager.ask(ROOMS, { first: 0 })).toMatchObject({
      rooms: { edges: [], pageInfo: { hasNextPage: true, startCursor: null, endCursor: null } },
    })
  })

  test('through members shows each once, in order of joining, with their count', async () => {
    const { room } = await create()
    const users = Array.from({ length: 5 }, (_, index) => `guest-${index}`)
    for (const userId of users) await change(owner, ADD_MEMBER, room.id, { userId })
    type Members = { readonly members: Page<{ readonly user: { readonly id: string } }> }
    const seen: string[] = []
    let after: string | null = null
    for (let hasNextPage = true; hasNextPage; ) {
      const variables: Variables = { id: room.id, first: 4, after }
      const { members } = await visitor.ask<Members>(MEMBERS, variables)
      expect(members).toMatchObject({ totalCount: 6 })
      seen.push(...members.edges.map((edge) => edge.node.user.id))
      after = members.pageInfo.endCursor
      hasNextPage = members.pageInfo.hasNextPage
    }
    expect(seen).toEqual(['olga', ...users])
  })

  test.for([101, -1])('with first: %i is BAD_USER_INPUT', async (first) => {
    expect(await owner.refusal(ROOMS, { first })).toBe('BAD_USER_INPUT')
    expect(await owner.refusal(MEMBERS, { id: 'global', first })).toBe('BAD_USER_INPUT')
  })
})
