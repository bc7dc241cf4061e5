import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
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
  type Page,
  REMOVE_MEMBER,
  ROOM_QUERY,
  type Room,
  type RoomAnswer,
  SEND,
} from './room-documents.ts'

let node: TestNode
let olga: Caller
let ann: Caller
let bob: Caller
let admin: Caller
let service: Caller
let visitor: Caller
let room: Room

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  olga = await createCaller(node, 'olga')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  admin = await createCaller(node, 'an administrator', ['admin'])
  service = await createCaller(node, 'a service', ['service'])
  visitor = await createCaller(node)
  for (const each of [olga, ann, bob, admin, service]) await each.ask('{ viewer { user { id } } }')
})

afterAll(async () => {
  for (const each of [olga, ann, bob, admin, service, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** A room of olga's with ann and bob in it. */
beforeEach(async () => {
  room = await createRoom()
  for (const { id } of [ann, bob]) await olga.ask(ADD_MEMBER, { roomId: room.id, userId: id })
})

async function createRoom(input: object = {}): Promise<Room> {
  const given = { name: 'A room', kind: 'CHAT', visibility: 'PUBLIC', ...input }
  return (await olga.ask<RoomAnswer>(CREATE_ROOM, { input: given })).room
}

/** Sends `count` messages: they stand at the next offsets. */
async function send(by: Caller, count = 1): Promise<readonly string[]> {
  const ids: string[] = []
  for (let sent = 0; sent < count; sent += 1) {
    const input = { roomId: room.id, body: `${sent}`, clientMessageId: randomUUID() }
    ids.push((await by.ask<MessageAnswer>(SEND, { input })).message.id)
  }
  return ids
}

interface Marks {
  readonly deliveredThrough?: number
  readonly readThrough?: number
}

const advance = (by: Caller, marks: Marks, roomId = room.id): Promise<MembershipAnswer> =>
  by.ask<MembershipAnswer>(ADVANCE_RECEIPT, { roomId, ...marks })

const change = (by: Caller, document: string, more: object = {}): Promise<MembershipAnswer> =>
  by.ask<MembershipAnswer>(document, { roomId: room.id, ...more })

const MEMBERSHIP = `query ($id: ID!) { room(id: $id) { membership { deliveredThrough readThrough unreadCount deliveredCursor } } }`

interface Own extends Required<Marks> {
  readonly unreadCount: number
  readonly deliveredCursor: string
}

async function own(by: Caller): Promise<Own> {
  const { membership } = await by.ask<{ readonly membership: Own }>(MEMBERSHIP, { id: room.id })
  return membership
}

const RECEIPTS = `edges { node { offset deliveredCount readCount } }`
const PAGE = `query ($id: ID!) { room(id: $id) { messages(last: 100) { ${RECEIPTS} } } }`

interface Counted {
  readonly offset: number
  readonly deliveredCount: number | null
  readonly readCount: number | null
}

/** `offset: delivered / read` of each message. */
async function counts(): Promise<readonly string[]> {
  const { messages } = await visitor.ask<{ readonly messages: Page<Counted> }>(PAGE, { id: room.id })
  return messages.edges.map((edge) => lineOfCounts(edge.node))
}

function lineOfCounts({ offset, deliveredCount, readCount }: Counted): string {
  return `${offset}: ${deliveredCount} / ${readCount}`
}

interface Followed {
  readonly entries: Recording<MessageEntry>
  /** The first `count` entries, each in a line. Fails where more have come. */
  lines(count: number): Promise<readonly string[]>
}

/** What a visitor hears of the room's messages after a cursor: from the beginning on where none is given. */
async function follow(after = room.messagesCursor): Promise<Followed> {
  const listener = await createCaller(node)
  onTestFinished(() => listener[Symbol.asyncDispose]())
  const entries = listener.record<MessageEntry>(MESSAGES, { roomId: room.id, after })
  return {
    entries,
    async lines(count) {
      await entries.take(count)
      const { messagesCursor } = await visitor.ask<Room>(ROOM_QUERY, { id: room.id })
      await caughtUp(listener)
      expect(entries.values.at(-1)?.cursor ?? after).toBe(messagesCursor)
      return entries.values.map(lineOf)
    },
  }
}

function lineOf({ __typename, offset, message, user, ...marks }: MessageEntry): string {
  if (message !== undefined) return `${offset} ${__typename}: ${message.author.id}`
  return `${offset} ${__typename}: ${user?.id} ${marks.deliveredThrough} / ${marks.readThrough}`
}

describe('advanceReceipt', () => {
  test('answers with the member right after, the room, and the cursor of its entry', async () => {
    const heard = await follow()
    await send(ann, 3)
    const answer = await advance(bob, { deliveredThrough: 3, readThrough: 2 })
    expect(answer).toMatchObject({
      room: { id: room.id, memberCount: 3 },
      membership: {
        user: { id: 'bob' },
        role: 'MEMBER',
        mutedUntil: null,
        deliveredThrough: 3,
        readThrough: 2,
        unreadCount: 1,
      },
    })
    expect((await heard.lines(4)).at(-1)).toBe('4 ReceiptAdvanced: bob 3 / 2')
    expect(heard.entries.values.at(-1)?.cursor).toBe(answer.cursor)
    expect(await own(bob)).toMatchObject({ deliveredThrough: 3, readThrough: 2, unreadCount: 1 })
  })

  test('moves forward only: an older offset changes nothing and answers the same', async () => {
    const heard = await follow()
    await send(ann, 3)
    const first = await advance(bob, { deliveredThrough: 3, readThrough: 2 })
    for (const marks of [
      { deliveredThrough: 3, readThrough: 2 },
      { deliveredThrough: 1 },
      { readThrough: 1 },
      { readThrough: 0 },
      { deliveredThrough: 2, readThrough: 2 },
    ]) {
      expect(await advance(bob, marks)).toEqual(first)
    }
    expect(await advance(bob, { deliveredThrough: 1, readThrough: 3 })).toMatchObject({
      membership: { deliveredThrough: 3, readThrough: 3 },
    })
    expect((await heard.lines(5)).slice(3)).toEqual([
      '4 ReceiptAdvanced: bob 3 / 2',
      '5 ReceiptAdvanced: bob 3 / 3',
    ])
  })

  test('of what was read raises what was delivered', async () => {
    await send(ann, 3)
    expect(await advance(bob, { readThrough: 2 })).toMatchObject({
      membership: { deliveredThrough: 2, readThrough: 2, unreadCount: 1 },
    })
    expect(await advance(bob, { deliveredThrough: 2, readThrough: 3 })).toMatchObject({
      membership: { deliveredThrough: 3, readThrough: 3, unreadCount: 0 },
    })
  })

  test('refuses what is beyond the head, below 0 and nothing at all, and changes nothing then', async () => {
    await send(ann, 2)
    const refused = (marks: Marks, field: string | null) =>
      expect(advance(bob, marks)).resolves.toMatchObject({
        __typename: 'Rejected',
        code: 'INVALID_INPUT',
        field,
      })
    await refused({ deliveredThrough: 3 }, 'deliveredThrough')
    await refused({ readThrough: 3 }, 'readThrough')
    await refused({ deliveredThrough: 2, readThrough: 3 }, 'readThrough')
    await refused({ deliveredThrough: 2_147_483_647 }, 'deliveredThrough')
    await refused({ deliveredThrough: -1 }, 'deliveredThrough')
    await refused({ readThrough: -1 }, 'readThrough')
    await refused({}, null)
    expect(await own(bob)).toMatchObject({ deliveredThrough: 0, readThrough: 0, unreadCount: 2 })
    const beyond = { roomId: room.id, readThrough: 2_147_483_648 }
    expect(await bob.refusal(ADVANCE_RECEIPT, beyond)).toBe('BAD_USER_INPUT')
  })

  test('is for members: NOT_A_MEMBER for others who see the room, whatever they may do otherwise', async () => {
    await send(ann)
    for (const caller of [admin, service]) {
      expect(await advance(caller, { readThrough: 1 })).toMatchObject({ code: 'NOT_A_MEMBER' })
    }
    await change(bob, LEAVE_ROOM)
    expect(await advance(bob, { readThrough: 1 })).toMatchObject({ code: 'NOT_A_MEMBER' })
    await change(olga, REMOVE_MEMBER, { userId: ann.id })
    expect(await advance(ann, { readThrough: 1 })).toMatchObject({ code: 'NOT_A_MEMBER' })
  })

  test('is NOT_FOUND for users who do not see the room, and UNAUTHENTICATED for a visitor', async () => {
    const { id } = await createRoom({ visibility: 'MEMBERS' })
    const notFound = { code: 'NOT_FOUND', field: 'roomId' }
    for (const roomId of [id, 'nowhere'])
      expect(await advance(ann, { readThrough: 0 }, roomId)).toMatchObject(notFound)
    expect(await advance(admin, { readThrough: 0 }, id)).toMatchObject({ code: 'NOT_A_MEMBER' })
    expect(await visitor.refusal(ADVANCE_RECEIPT, { roomId: room.id, readThrough: 0 })).toBe(
      'UNAUTHENTICATED',
    )
  })

  test('is open to one who is muted, and in a room that has ended', async () => {
    await send(ann, 2)
    await change(olga, MUTE_MEMBER, { userId: bob.id })
    expect(await advance(bob, { readThrough: 1 })).toMatchObject({ membership: { readThrough: 1 } })
    await olga.ask(END_ROOM, { roomId: room.id })
    expect(await advance(bob, { readThrough: 2 })).toMatchObject({ membership: { readThrough: 2 } })
  })

  test('in any order at once ends at the highest, with one entry for each step forward and no hole', async () => {
    const heard = await follow()
    await send(ann, 20)
    const offsets = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1)
    await Promise.all(
      offsets.flatMap((offset) => [
        advance(bob, { deliveredThrough: offset }),
        advance(olga, { readThrough: offset }),
      ]),
    )
    expect(await own(bob)).toMatchObject({ deliveredThrough: 20, readThrough: 0 })
    expect(await own(olga)).toMatchObject({ deliveredThrough: 20, readThrough: 20 })
    await caughtUp(visitor)
    const { messagesCursor } = await visitor.ask<Room>(ROOM_QUERY, { id: room.id })
    while (heard.entries.values.at(-1)?.cursor !== messagesCursor)
      await heard.entries.take(heard.entries.values.length + 1)
    const entries = heard.entries.values
    expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1))
    for (const who of ['bob', 'olga']) {
      const steps = entries
        .filter(({ user }) => user?.id === who)
        .map(({ deliveredThrough }) => deliveredThrough ?? 0)
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
      expect(steps.at(-1)).toBe(20)
    }
  })
})

describe('the counts of a message', () => {
  test('are of the other members, each up to and including their marks', async () => {
    await send(ann, 2)
    await send(bob)
    expect(await counts()).toEqual(['1: 0 / 0', '2: 0 / 0', '3: 0 / 0'])
    await advance(bob, { deliveredThrough: 3, readThrough: 1 })
    expect(await counts()).toEqual(['1: 1 / 1', '2: 1 / 0', '3: 0 / 0'])
    await advance(ann, { readThrough: 3 })
    await advance(olga, { deliveredThrough: 2 })
    expect(await counts()).toEqual(['1: 2 / 1', '2: 2 / 0', '3: 1 / 1'])
  })

  test('go with the members: who leaves is counted no more, and who comes has had everything before', async () => {
    await send(ann, 2)
    await advance(bob, { readThrough: 2 })
    await change(bob, LEAVE_ROOM)
    expect(await counts()).toEqual(['1: 0 / 0', '2: 0 / 0'])
    await change(bob, JOIN_ROOM)
    expect(await counts()).toEqual(['1: 1 / 1', '2: 1 / 1'])
  })

  test('are shown wherever the message is', async () => {
    const [id = ''] = await send(ann)
    await advance(bob, { deliveredThrough: 1 })
    const counted = { offset: 1, deliveredCount: 1, readCount: 0 }
    const NODE = `query ($id: ID!) { node(id: $id) { ... on Message { offset deliveredCount readCount } } }`
    expect(await ann.ask(NODE, { id })).toEqual(counted)
    const CHANGE = `mutation ($id: ID!) { editMessage(messageId: $id, body: "Edited") {
      ... on MessagePayload { message { offset deliveredCount readCount } } } }`
    expect(await ann.ask(CHANGE, { id })).toEqual({ message: counted })
  })
})

const COUNTED = `subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) {
  __typename
  ... on Event { offset cursor }
  ... on MessagesSnapshot { messages { offset deliveredCount readCount } }
  ... on MessageSent { message { offset deliveredCount readCount } }
  ... on ReceiptAdvanced { user { id } deliveredThrough readThrough }
} }`

interface CountedEntry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly message?: Counted
  readonly messages?: readonly Counted[]
}

describe('the counts in a subscription', () => {
  test('are read when they are sent: a replay shows the current ones to every reader', async () => {
    const variables = { roomId: room.id, after: room.messagesCursor }
    const early = olga.record<CountedEntry>(COUNTED, variables)
    await send(ann, 3)
    const live = await early.take(3)
    expect(live.map(({ message }) => message && lineOfCounts(message))).toEqual([
      '1: 0 / 0',
      '2: 0 / 0',
      '3: 0 / 0',
    ])
    for (const [reader, marks, now] of [
      [bob, { readThrough: 1 }, ['1: 1 / 1', '2: 0 / 0', '3: 0 / 0']],
      [olga, { deliveredThrough: 3 }, ['1: 2 / 1', '2: 1 / 0', '3: 1 / 0']],
    ] as const) {
      await advance(reader, marks)
      const late = reader.record<CountedEntry>(COUNTED, variables)
      const replayed = (await late.take(3)).flatMap(({ message }) => message ?? [])
      expect(replayed.map(lineOfCounts)).toEqual(now)
      late.stop()
    }
    early.stop()
  })

  test('are the current ones in a snapshot', async () => {
    await send(ann, 2)
    await advance(bob, { deliveredThrough: 2, readThrough: 1 })
    const [snapshot] = await visitor.record<CountedEntry>(COUNTED, { roomId: room.id }).take(1)
    expect(snapshot?.messages?.map(lineOfCounts)).toEqual(['1: 1 / 1', '2: 1 / 0'])
  })

  test('keep entries in order, through a long replay too', async () => {
    await Promise.all(Array.from({ length: 5 }, () => send(ann, 30)))
    await advance(bob, { readThrough: 150 })
    const replay = visitor.record<CountedEntry>(COUNTED, { roomId: room.id, after: room.messagesCursor })
    const entries = await replay.take(151)
    expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, index) => index + 1))
    expect(new Set(entries.slice(0, 150).map(({ message }) => message?.readCount))).toEqual(new Set([1]))
    replay.stop()
  })
})

describe('ReceiptAdvanced', () => {
  test('continues from any cursor with exactly the entries after it', async () => {
    const heard = await follow()
    await send(ann, 2)
    await advance(bob, { deliveredThrough: 1 })
    await send(bob)
    await advance(ann, { readThrough: 4 })
    await advance(bob, { readThrough: 2 })
    const all = await heard.lines(6)
    expect(all).toEqual([
      '1 MessageSent: ann',
      '2 MessageSent: ann',
      '3 ReceiptAdvanced: bob 1 / 0',
      '4 MessageSent: bob',
      '5 ReceiptAdvanced: ann 4 / 4',
      '6 ReceiptAdvanced: bob 2 / 2',
    ])
    for (const [index, { cursor }] of heard.entries.values.entries()) {
      const rest = await follow(cursor)
      expect(await rest.lines(all.length - index - 1)).toEqual(all.slice(index + 1))
    }
  })

  test('comes to an end where every client confirms every entry', async () => {
    const variables = { roomId: room.id, after: room.messagesCursor }
    const heard = await follow()
    const running = [ann, bob, olga].map((caller) => {
      let confirmed = 0
      const entries = caller.record<MessageEntry>(MESSAGES, variables)
      const isOver = { value: false }
      async function confirm(): Promise<void> {
        while (!isOver.value) {
          const last = entries.values.at(-1)?.offset ?? 0
          if (last > confirmed) await advance(caller, { deliveredThrough: last, readThrough: last })
          else await pause(5)
          confirmed = last
        }
      }
      return { entries, isOver, confirming: confirm() }
    })
    await send(ann, 2)
    await heard.entries.take(2)
    const marksOf = () => Promise.all([ann, bob, olga].map(own))
    const hasEnded = async (): Promise<boolean> => {
      const [marks, { messagesCursor }] = await Promise.all([
        marksOf(),
        visitor.ask<Room>(ROOM_QUERY, { id: room.id }),
      ])
      const last = heard.entries.values.at(-1)
      return last?.cursor === messagesCursor && marks.every(({ readThrough }) => readThrough === last.offset)
    }
    while (!(await hasEnded())) await pause(20)
    for (const { entries, isOver, confirming } of running) {
      isOver.value = true
      await confirming
      entries.stop()
    }
    // Two messages, of which each of three may have told by at most two steps.
    expect(heard.entries.values.length).toBeLessThanOrEqual(2 + 3 * 2)
  })
})

describe('unreadCount', () => {
  test('is of the messages after readThrough that the member did not write, deleted ones left out', async () => {
    const [first = '', second = ''] = await send(ann, 4)
    await send(bob, 2)
    await send(olga)
    expect((await own(bob)).unreadCount).toBe(5)
    expect((await own(ann)).unreadCount).toBe(3)
    await ann.ask(DELETE, { id: second })
    expect((await own(bob)).unreadCount).toBe(4)
    await advance(bob, { readThrough: 1 })
    expect((await own(bob)).unreadCount).toBe(3)
    await ann.ask(DELETE, { id: first })
    await ann.ask(EDIT, { id: first, body: 'Too late' })
    expect((await own(bob)).unreadCount).toBe(3)
    await advance(bob, { deliveredThrough: 7 })
    expect((await own(bob)).unreadCount).toBe(3)
    await advance(bob, { readThrough: 7 })
    expect((await own(bob)).unreadCount).toBe(0)
  })

  test('is shown for each member of a page, and in one’s own rooms', async () => {
    await send(ann, 3)
    await advance(bob, { readThrough: 2 })
    const MEMBERS = `query ($id: ID!) { room(id: $id) { members(first: 10) { edges { node {
      user { id } deliveredThrough readThrough unreadCount } } } } }`
    const { members } = await visitor.ask<{
      readonly members: Page<Own & { readonly user: { readonly id: string } }>
    }>(MEMBERS, { id: room.id })
    expect(
      members.edges.map((edge) => [edge.node.user.id, edge.node.readThrough, edge.node.unreadCount]),
    ).toEqual([
      ['olga', 0, 3],
      ['ann', 0, 0],
      ['bob', 2, 1],
    ])
    const ROOMS = `{ viewer { rooms(first: 100) { edges { node { id membership { unreadCount } } } } } }`
    const { rooms } = await bob.ask<{
      readonly rooms: Page<{ readonly id: string; readonly membership: object }>
    }>(ROOMS)
    expect(rooms.edges.find((edge) => edge.node.id === room.id)?.node.membership).toEqual({ unreadCount: 1 })
  })
})

describe('the marks of a member', () => {
  test('begin at the head of the messages, whichever way one comes in', async () => {
    await send(ann, 3)
    const atHead = { deliveredThrough: 3, readThrough: 3, unreadCount: 0 }
    expect(await change(admin, JOIN_ROOM)).toMatchObject({ membership: atHead })
    expect(await change(olga, ADD_MEMBER, { userId: service.id })).toMatchObject({ membership: atHead })
    const newcomer = randomUUID()
    expect(await change(olga, ADD_MEMBER, { userId: newcomer })).toMatchObject({ membership: atHead })
    await send(bob)
    expect(await own(admin)).toMatchObject({ ...atHead, unreadCount: 1 })
  })

  test('start over for users who return: they did not receive what was said meanwhile', async () => {
    await send(ann)
    await change(bob, LEAVE_ROOM)
    await send(ann, 2)
    const back = { deliveredThrough: 3, readThrough: 3, unreadCount: 0 }
    expect(await change(bob, JOIN_ROOM)).toMatchObject({ membership: back })
    await change(olga, REMOVE_MEMBER, { userId: bob.id })
    await send(ann)
    expect(await change(olga, ADD_MEMBER, { userId: bob.id })).toMatchObject({
      membership: { deliveredThrough: 4, readThrough: 4 },
    })
  })

  test('stay as they are when joining again, a mute or another role writes to the same row', async () => {
    await send(ann, 3)
    await advance(bob, { deliveredThrough: 2, readThrough: 1 })
    await send(ann)
    const kept = { membership: { deliveredThrough: 2, readThrough: 1, unreadCount: 3 } }
    expect(await change(bob, JOIN_ROOM)).toMatchObject(kept)
    expect(await change(olga, MUTE_MEMBER, { userId: bob.id })).toMatchObject(kept)
    expect(await change(olga, ADD_MEMBER, { userId: bob.id, role: 'MODERATOR' })).toMatchObject(kept)
    expect(await advance(bob, { readThrough: 2 })).toMatchObject({
      membership: { role: 'MODERATOR', readThrough: 2 },
    })
    expect((await change(bob, JOIN_ROOM)).membership?.mutedUntil).not.toBeNull()
  })

  test('and the rest of the row, written at once, lose nothing of each other', async () => {
    await send(ann, 30)
    let readThrough = 0
    for (let round = 0; round < 30; round += 1) {
      readThrough += 1
      const role = round % 2 === 0 ? 'MODERATOR' : 'MEMBER'
      const until = new Date(Date.now() + 3_600_000 + round).toISOString()
      await Promise.all([
        advance(bob, { readThrough }),
        change(olga, ADD_MEMBER, { userId: bob.id, role }),
        change(admin, MUTE_MEMBER, { userId: bob.id, until }),
        advance(ann, { readThrough }),
      ])
      expect((await change(bob, JOIN_ROOM)).membership).toMatchObject({
        readThrough,
        role,
        mutedUntil: until,
      })
    }
  })
})

describe('marks that move while their member leaves and comes back', () => {
  test('never go back, neither in the database nor in the history', async () => {
    const heard = await follow()
    const moving = async (): Promise<void> => {
      const { offset } = await head()
      await advance(bob, { deliveredThrough: offset, readThrough: Math.max(0, offset - 1) })
    }
    let least = { deliveredThrough: 0, readThrough: 0 }
    for (let round = 0; round < 20; round += 1) {
      const comeBack = async (): Promise<void> => {
        await change(bob, LEAVE_ROOM)
        await change(bob, JOIN_ROOM)
      }
      await Promise.all([send(ann, 3), comeBack(), moving(), moving(), moving()])
      const now = await own(bob)
      expect(now.deliveredThrough).toBeGreaterThanOrEqual(least.deliveredThrough)
      expect(now.readThrough).toBeGreaterThanOrEqual(least.readThrough)
      expect(now.deliveredThrough).toBeLessThanOrEqual((await head()).offset)
      least = now
    }
    const { messagesCursor } = await head()
    while (heard.entries.values.at(-1)?.cursor !== messagesCursor) {
      await heard.entries.take(heard.entries.values.length + 1)
    }
    const told = heard.entries.values.flatMap((entry) => entry.deliveredThrough ?? [])
    expect(told).toEqual([...told].sort((a, b) => a - b))
  })

  /** How far the messages reach: a snapshot tells. */
  async function head(): Promise<{ readonly offset: number; readonly messagesCursor: string }> {
    const snapshot = ann.record<MessageEntry>(MESSAGES, { roomId: room.id })
    const [first] = await snapshot.take(1)
    snapshot.stop()
    return { offset: first?.offset ?? 0, messagesCursor: first?.cursor ?? '' }
  }
})

describe('A member who was offline', () => {
  test('continues from `deliveredCursor` with everything after it', async () => {
    await send(ann, 3)
    await advance(bob, { deliveredThrough: 2 })
    const [id = ''] = await send(ann, 2)
    await ann.ask(EDIT, { id, body: 'Edited' })
    const { deliveredCursor } = await own(bob)
    const missed = await follow(deliveredCursor)
    expect(await missed.lines(5)).toEqual([
      '3 MessageSent: ann',
      '4 ReceiptAdvanced: bob 2 / 0',
      '5 MessageSent: ann',
      '6 MessageSent: ann',
      '7 MessageEdited: ann',
    ])
    await advance(bob, { deliveredThrough: 7 })
    const none = await follow((await own(bob)).deliveredCursor)
    expect(await none.lines(1)).toEqual(['8 ReceiptAdvanced: bob 7 / 0'])
  })

  test('had nothing delivered by a subscription alone', async () => {
    const messages = bob.record(MESSAGES, { roomId: room.id, after: room.messagesCursor })
    await send(ann, 3)
    await messages.take(3)
    await caughtUp(bob)
    expect(await own(bob)).toMatchObject({ deliveredThrough: 0, readThrough: 0, unreadCount: 3 })
    messages.stop()
  })

  test('finds the same by paging backwards to deliveredThrough', async () => {
    await send(ann, 6)
    await advance(bob, { deliveredThrough: 2 })
    const { deliveredThrough } = await own(bob)
    const BACK = `query ($id: ID!, $before: String) { room(id: $id) { messages(last: 3, before: $before) {
      edges { node { offset } } pageInfo { startCursor hasPreviousPage } } } }`
    const found: number[] = []
    for (let before: string | null = null, isOver = false; !isOver; ) {
      const { messages }: { readonly messages: Page<{ readonly offset: number }> } = await bob.ask(BACK, {
        id: room.id,
        before,
      })
      found.unshift(...messages.edges.map((edge) => edge.node.offset))
      before = messages.pageInfo.startCursor
      isOver = !messages.pageInfo.hasPreviousPage || (found[0] ?? 0) <= deliveredThrough
    }
    expect(found.filter((offset) => offset > deliveredThrough)).toEqual([3, 4, 5, 6])
  })

  test('is refused a cursor of another room’s messages', async () => {
    const { deliveredCursor } = await own(bob)
    const elsewhere = await createRoom()
    const messages = bob.record(MESSAGES, { roomId: elsewhere.id, after: deliveredCursor })
    expect(await codeOfEnd(messages)).toBe('CURSOR_INVALID')
  })
})

describe('a room of more than 200 members', () => {
  const addGuests = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, index) =>
        change(olga, ADD_MEMBER, { userId: `guest-${from + index}` }),
      ),
    )

  test('shows no counts and tells of no receipts; marks move and unread messages are counted as ever', async () => {
    await addGuests(0, 197)
    await send(ann, 3)
    await advance(bob, { readThrough: 1 })
    expect(await counts()).toEqual(['1: 1 / 1', '2: 0 / 0', '3: 0 / 0'])
    await addGuests(197, 198)

    expect(await counts()).toEqual(['1: null / null', '2: null / null', '3: null / null'])
    const answer = await advance(bob, { deliveredThrough: 3, readThrough: 2 })
    expect(answer).toMatchObject({
      room: { memberCount: 201 },
      membership: { deliveredThrough: 3, readThrough: 2, unreadCount: 1 },
    })
    expect(await advance(bob, { readThrough: 5 })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'readThrough',
    })
    const { messagesCursor } = await visitor.ask<Room>(ROOM_QUERY, { id: room.id })
    expect(answer.cursor).toBe(messagesCursor)
    const heard = await follow()
    expect((await heard.lines(4)).at(-1)).toBe('4 ReceiptAdvanced: bob 1 / 1')
    const replay = visitor.record<CountedEntry>(COUNTED, { roomId: room.id, after: room.messagesCursor })
    expect((await replay.take(1))[0]?.message).toEqual({ offset: 1, deliveredCount: null, readCount: null })
    replay.stop()

    await change(olga, REMOVE_MEMBER, { userId: 'guest-0' })
    await send(ann)
    await advance(bob, { readThrough: 5 })
    expect((await heard.lines(6)).slice(4)).toEqual(['5 MessageSent: ann', '6 ReceiptAdvanced: bob 5 / 5'])
    // The last guest came after the first messages.
    expect(await counts()).toEqual(['1: 2 / 2', '2: 2 / 2', '3: 2 / 2', '5: 1 / 1'])
  })
})

describe('a mute', () => {
  test('that runs out lets its member write again, by the clock of the database', async () => {
    const CLOCK = '{ server { time } }'
    const { time } = await visitor.ask<{ readonly time: string }>(CLOCK)
    const until = new Date(Date.parse(time) + 1_500).toISOString()
    expect(await change(olga, MUTE_MEMBER, { userId: bob.id, until })).toMatchObject({
      membership: { mutedUntil: until },
    })
    const input = { roomId: room.id, body: 'Hello', clientMessageId: randomUUID() }
    let answer = await bob.ask<MessageAnswer>(SEND, { input })
    expect(answer).toMatchObject({ code: 'MUTED' })
    while (answer.code === 'MUTED') {
      await pause(50)
      answer = await bob.ask<MessageAnswer>(SEND, { input })
    }
    expect(answer).toMatchObject({ message: { body: 'Hello' } })
    expect(Date.parse(answer.message.sentAt)).toBeGreaterThanOrEqual(Date.parse(until))
    expect((await own(bob)).readThrough).toBe(0)
  })
})
