import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeRoom } from '../support/rooms.ts'
import { ADD_MEMBER, JOIN_ROOM, LEAVE_ROOM, REMOVE_MEMBER, UPDATE_ROOM } from './room-documents.ts'
import { REPORT_POSITION } from './trade-documents.ts'

const POSITIONS = `subscription ($roomId: ID!) { positions(roomId: $roomId) { __typename
  ... on PositionsSnapshot { reset positions { user { id } } }
  ... on PositionUpdated { position { user { id } } } } }`
const ANNOUNCEMENTS = `subscription { announcements { __typename
  ... on AnnouncementsSnapshot { reset announcements { title } }
  ... on AnnouncementPublished { announcement { title } } } }`
const PUBLISH = `mutation ($roomId: ID!, $title: String!) {
  publishAnnouncement(input: { audience: ROOM, roomId: $roomId, title: $title, body: "-" }) { __typename } }`

interface PositionsEntry {
  readonly reset?: boolean
  readonly positions?: readonly { readonly user: { readonly id: string } }[]
}

interface AnnouncementsEntry {
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
  const holders = ({ reset, positions = [] }: PositionsEntry) => ({
    reset,
    of: positions.map(({ user }) => user.id).sort(),
  })

  test('begin anew, marked reset, for who joins, gets another role, and leaves', async () => {
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
})

describe('announcements', () => {
  const titles = ({ reset, announcements = [] }: AnnouncementsEntry) => ({
    reset,
    titles: announcements.map(({ title }) => title),
  })

  test('begin anew, marked reset, for who is added to the room that one is for, and for who is removed', async () => {
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

  test('begin anew for all where the visibility of a room changes that got its first one meanwhile', async () => {
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
})
