import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeRoom } from '../support/rooms.ts'
import { ADD_MEMBER, JOIN_ROOM, LEAVE_ROOM, REMOVE_MEMBER, UPDATE_ROOM } from './room-documents.ts'
import { REPORT_POSITION } from './trade-documents.ts'

const POSITIONS = `subscription ($roomId: ID!, $after: Cursor) { positions(roomId: $roomId, after: $after) { __typename
  ... on Event { cursor }
  ... on PositionsSnapshot { reset positions { user { id } } }
  ... on PositionUpdated { position { user { id } } } } }`
const ANNOUNCEMENTS = `subscription ($after: Cursor) { announcements(after: $after) { __typename
  ... on Event { cursor }
  ... on AnnouncementsSnapshot { reset announcements { title } }
  ... on AnnouncementPublished { announcement { title } } } }`
const PUBLISH = `mutation ($roomId: ID!, $title: String!) {
  publishAnnouncement(input: { audience: ROOM, roomId: $roomId, title: $title, body: "-" }) { __typename } }`

interface PositionsEntry {
  readonly cursor: string
  readonly reset?: boolean
  readonly positions?: readonly { readonly user: { readonly id: string } }[]
}

interface AnnouncementsEntry {
  readonly cursor: string
  readonly reset?: boolean
  readonly announcements?: readonly { readonly title: string }[]
}

let node: TestNode
let owner: Caller
let service: Caller

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  owner = await createCaller(node, 'olga')
  service = await createCaller(node, 'engine', ['service'])
})
afterAll(async () => {
  for (const each of [owner, service]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

async function somebody(): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  await caller.answer('{ viewer { user { id } } }')
  return caller
}

const room = (input: object): Promise<string> => makeRoom(node, owner.token ?? '', input)

describe('positions', () => {
  const holders = ({ reset, positions = [] }: Omit<PositionsEntry, 'cursor'>) => ({
    reset,
    of: positions.map(({ user }) => user.id).sort(),
  })

  test('start over with a reset for users who join, change roles, and leave', async () => {
    const [ann, bob] = [await somebody(), await somebody()]
    const roomId = await room({ kind: 'TRADE' })
    await ann.ask(JOIN_ROOM, { roomId })
    for (const userId of [ann.id, bob.id]) {
      await service.ask(REPORT_POSITION, { input: { roomId, userId, symbol: 'ACME', quantity: 1 } })
    }
    const own = ann.record<PositionsEntry>(POSITIONS, { roomId })
    const other = bob.record<PositionsEntry>(POSITIONS, { roomId })
    expect((await own.take(1)).map(holders)).toEqual([{ reset: false, of: [ann.id] }])
    expect((await other.take(1)).map(holders)).toEqual([{ reset: false, of: [] }])

    await owner.ask(ADD_MEMBER, { roomId, userId: ann.id, role: 'MODERATOR' })
    expect(holders((await own.take(2))[1] ?? {})).toEqual({ reset: true, of: [ann.id, bob.id].sort() })
    await bob.ask(JOIN_ROOM, { roomId })
    expect(holders((await other.take(2))[1] ?? {})).toEqual({ reset: true, of: [bob.id] })
    await bob.ask(LEAVE_ROOM, { roomId })
    expect(holders((await other.take(3))[2] ?? {})).toEqual({ reset: true, of: [] })
    await owner.ask(REMOVE_MEMBER, { roomId, userId: ann.id })
    expect(holders((await own.take(3))[2] ?? {})).toEqual({ reset: true, of: [] })
  })

  describe('of a reader who was away', () => {
    const report = (roomId: string, userId: string, quantity = 1) =>
      service.ask(REPORT_POSITION, { input: { roomId, userId, symbol: 'ACME', quantity } })

    /** A moderator who saw Bob's position and the entry after it, and left; the cursor of each. */
    async function gone(): Promise<{ ann: Caller; bob: Caller; roomId: string; cursors: readonly string[] }> {
      const [ann, bob] = [await somebody(), await somebody()]
      const roomId = await room({ kind: 'TRADE' })
      await owner.ask(ADD_MEMBER, { roomId, userId: ann.id, role: 'MODERATOR' })
      await report(roomId, bob.id)
      const seen = ann.record<PositionsEntry>(POSITIONS, { roomId })
      await seen.take(1)
      await report(roomId, bob.id, 2)
      const cursors = (await seen.take(2)).map(({ cursor }) => cursor)
      seen.stop()
      return { ann, bob, roomId, cursors }
    }

    test.each(['snapshot', 'entry'])(
      'start over with a reset after a role was taken away: from the cursor of a %s',
      async (from) => {
        const { ann, roomId, cursors } = await gone()
        await owner.ask(ADD_MEMBER, { roomId, userId: ann.id, role: 'MEMBER' })
        const after = from === 'entry' ? cursors[1] : cursors[0]
        const resumed = ann.record<PositionsEntry>(POSITIONS, { roomId, after })
        const [first] = await resumed.take(1)
        expect(holders(first ?? {})).toEqual({ reset: true, of: [] })
        resumed.stop()

        // Once: what was reset is up to date, though no entry came since.
        const again = ann.record<PositionsEntry>(POSITIONS, { roomId, after: first?.cursor })
        await report(roomId, ann.id)
        expect(await again.take(1)).toMatchObject([
          { __typename: 'PositionUpdated', position: { user: { id: ann.id } } },
        ])
      },
    )

    test('start over with a reset for users who joined and left meanwhile, and for nobody else', async () => {
      const { ann, bob, roomId, cursors } = await gone()
      await bob.ask(JOIN_ROOM, { roomId })
      await bob.ask(LEAVE_ROOM, { roomId })
      const resumed = ann.record<PositionsEntry>(POSITIONS, { roomId, after: cursors[1] })
      await report(roomId, bob.id, 3)
      expect(await resumed.take(1)).toMatchObject([{ __typename: 'PositionUpdated' }])
      const other = bob.record<PositionsEntry>(POSITIONS, { roomId, after: cursors[1] })
      expect(holders((await other.take(1))[0] ?? {})).toEqual({ reset: true, of: [] })
    })
  })
})

describe('announcements', () => {
  const titles = ({ reset, announcements = [] }: Omit<AnnouncementsEntry, 'cursor'>) => ({
    reset,
    titles: announcements.map(({ title }) => title),
  })

  test('start over with a reset for users who are added to the addressed room, and for those who are removed', async () => {
    const [ann, bob] = [await somebody(), await somebody()]
    const roomId = await room({ visibility: 'MEMBERS' })
    await owner.ask(PUBLISH, { roomId, title: 'Before' })
    const own = ann.record<AnnouncementsEntry>(ANNOUNCEMENTS)
    const other = bob.record<AnnouncementsEntry>(ANNOUNCEMENTS)
    const [first] = await own.take(1)
    const earlier = titles(first ?? {}).titles
    await other.take(1)
    await owner.ask(ADD_MEMBER, { roomId, userId: ann.id })
    expect(titles((await own.take(2))[1] ?? {})).toEqual({ reset: true, titles: [...earlier, 'Before'] })
    await owner.ask(REMOVE_MEMBER, { roomId, userId: ann.id })
    expect(titles((await own.take(3))[2] ?? {})).toEqual({ reset: true, titles: earlier })
    expect(other.values).toHaveLength(1)
  })

  test('start over for everybody when the visibility of a room changes that got its first one meanwhile', async () => {
    const ann = await somebody()
    const own = ann.record<AnnouncementsEntry>(ANNOUNCEMENTS)
    const [first] = await own.take(1)
    const before = titles(first ?? {}).titles
    const roomId = await room({ visibility: 'PUBLIC' })
    await owner.ask(PUBLISH, { roomId, title: 'To all' })
    await own.take(2)
    await owner.ask(UPDATE_ROOM, { input: { roomId, name: 'Renamed' } })
    await owner.ask(UPDATE_ROOM, { input: { roomId, visibility: 'MEMBERS' } })
    expect(titles((await own.take(3))[2] ?? {})).toEqual({ reset: true, titles: before })
    await owner.ask(UPDATE_ROOM, { input: { roomId, visibility: 'PUBLIC' } })
    expect(titles((await own.take(4))[3] ?? {})).toEqual({ reset: true, titles: [...before, 'To all'] })
  })

  describe('of a reader who was away', () => {
    async function gone(visibility: 'MEMBERS' | 'PUBLIC') {
      const ann = await somebody()
      const roomId = await room({ visibility })
      await owner.ask(ADD_MEMBER, { roomId, userId: ann.id })
      const seen = ann.record<AnnouncementsEntry>(ANNOUNCEMENTS)
      const [snapshot] = await seen.take(1)
      await owner.ask(PUBLISH, { roomId, title: 'Among us' })
      const cursor = (await seen.take(2))[1]?.cursor
      seen.stop()
      return { ann, roomId, cursor, before: titles(snapshot ?? {}).titles }
    }

    test('start over with a reset after removal from the addressed room', async () => {
      const { ann, roomId, cursor, before } = await gone('MEMBERS')
      await owner.ask(REMOVE_MEMBER, { roomId, userId: ann.id })
      const resumed = ann.record<AnnouncementsEntry>(ANNOUNCEMENTS, { after: cursor })
      expect(titles((await resumed.take(1))[0] ?? {})).toEqual({ reset: true, titles: before })
    })

    test('start over with a reset when the room became private, and again when it is public again', async () => {
      const { roomId, cursor, before } = await gone('PUBLIC')
      const bob = await somebody()
      await owner.ask(UPDATE_ROOM, { input: { roomId, visibility: 'MEMBERS' } })
      const resumed = bob.record<AnnouncementsEntry>(ANNOUNCEMENTS, { after: cursor })
      const [first] = await resumed.take(1)
      expect(titles(first ?? {})).toEqual({ reset: true, titles: before })
      resumed.stop()
      await owner.ask(UPDATE_ROOM, { input: { roomId, visibility: 'PUBLIC' } })
      const again = bob.record<AnnouncementsEntry>(ANNOUNCEMENTS, { after: first?.cursor })
      expect(titles((await again.take(1))[0] ?? {})).toEqual({ reset: true, titles: [...before, 'Among us'] })
    })

    test('go on where nothing changed for them, and where they joined a room that everyone sees', async () => {
      const { ann, cursor } = await gone('PUBLIC')
      const open = await room({ visibility: 'PUBLIC' })
      await owner.ask(PUBLISH, { roomId: open, title: 'In the open' })
      await ann.ask(JOIN_ROOM, { roomId: open })
      const resumed = ann.record<AnnouncementsEntry>(ANNOUNCEMENTS, { after: cursor })
      expect(await resumed.take(1)).toMatchObject([{ announcement: { title: 'In the open' } }])
    })
  })
})
