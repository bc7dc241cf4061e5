import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Caller, caughtUp, createCaller, type Variables } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import type { Rejected } from './auction-documents.ts'
import {
  ADD_MEMBER,
  CREATE_ROOM,
  NODE_QUERY,
  type Page,
  REMOVE_MEMBER,
  type Room,
  type RoomAnswer,
  UPDATE_ROOM,
} from './room-documents.ts'

const ANNOUNCEMENT = 'id audience roomId severity title body publishedAt expiresAt retractedAt'
const RESULT = `__typename ... on AnnouncementPayload { cursor announcement { ${ANNOUNCEMENT} } }
  ... on Rejected { code reason field }`
const PUBLISH = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) { ${RESULT} } }`
const RETRACT = `mutation ($id: ID!) { retractAnnouncement(announcementId: $id) { ${RESULT} } }`
const ANNOUNCEMENTS = `subscription ($after: Cursor) { announcements(after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on AnnouncementsSnapshot { reset announcements { ${ANNOUNCEMENT} } }
  ... on AnnouncementPublished { announcement { ${ANNOUNCEMENT} } }
  ... on AnnouncementRetracted { announcement { ${ANNOUNCEMENT} } }
} }`
const LIST = `query ($first: Int, $after: String) { announcements(first: $first, after: $after) {
  edges { cursor node { ${ANNOUNCEMENT} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

interface Announcement {
  readonly id: string
  readonly audience: string
  readonly title: string
  readonly retractedAt: string | null
}

interface Answer extends Rejected {
  readonly cursor: string
  readonly announcement: Announcement
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly reset?: boolean
  readonly announcement?: Announcement
  readonly announcements?: readonly Announcement[]
}

let node: TestNode
let admin: Caller
let owner: Caller
let ann: Caller
let bob: Caller
let visitor: Caller
let open: Room
let closed: Room

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  admin = await createCaller(node, 'an administrator', ['admin'])
  owner = await createCaller(node, 'olga')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  visitor = await createCaller(node)
  open = await createRoom('PUBLIC')
  closed = await createRoom('MEMBERS')
  await owner.ask(ADD_MEMBER, { roomId: closed.id, userId: ann.id })
})

afterAll(async () => {
  for (const each of [admin, owner, ann, bob, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

async function createRoom(visibility: string): Promise<Room> {
  const input = { name: 'A room', kind: 'CHAT', visibility }
  return (await owner.ask<RoomAnswer>(CREATE_ROOM, { input })).room
}

function inputOf(input: object): Variables {
  return { input: { audience: 'GLOBAL', title: 'Hear', body: 'Hear, hear', ...input } }
}

function publish(input: object = {}, by: Caller = admin): Promise<Answer> {
  return by.ask<Answer>(PUBLISH, inputOf(input))
}

const retract = (id: string, by: Caller = admin) => by.ask<Answer>(RETRACT, { id })

/** A caller of this name, with a connection of its own, for this test. */
async function callerOfTest(sub?: string, roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, sub, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

/** What somebody hears from now on, and where that began. */
async function listen(
  caller: Caller,
): Promise<{ readonly snapshot: Entry; readonly heard: Recording<Entry> }> {
  const heard = caller.record<Entry>(ANNOUNCEMENTS)
  const [snapshot] = await heard.take(1)
  if (snapshot === undefined) throw new Error('no snapshot came')
  return { snapshot, heard }
}

const titlesOf = ({ values }: Recording<Entry>): readonly (string | undefined)[] =>
  values.slice(1).map(({ announcement }) => announcement?.title)

describe('publishAnnouncement', () => {
  test('answers with the announcement and the cursor of its entry', async () => {
    const { snapshot, heard } = await listen(visitor)
    const expiresAt = new Date(Date.now() + 600_000).toISOString()
    const answer = await publish({ title: ' Fire drill ', severity: 'WARNING', expiresAt })
    expect(answer.announcement).toMatchObject({
      audience: 'GLOBAL',
      roomId: null,
      severity: 'WARNING',
      title: 'Fire drill',
      body: 'Hear, hear',
      expiresAt,
      retractedAt: null,
    })
    const [, entry] = await heard.take(2)
    expect(entry).toMatchObject({
      __typename: 'AnnouncementPublished',
      offset: snapshot.offset + 1,
      cursor: answer.cursor,
      announcement: answer.announcement,
    })
    heard.stop()
  })

  test('has the severity INFO where none is given, and lasts where no end is', async () => {
    const { announcement } = await publish()
    expect(announcement).toMatchObject({ severity: 'INFO', expiresAt: null })
  })

  test('with one key publishes once, however often it is asked', async () => {
    const idempotencyKey = randomUUID()
    const answers = await Promise.all(Array.from({ length: 20 }, () => publish({ idempotencyKey })))
    expect(new Set(answers.map(({ announcement, cursor }) => `${announcement.id} ${cursor}`)).size).toBe(1)
    expect(await publish({ idempotencyKey, title: 'Other' })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
  })

  test.for([
    { field: 'title', input: { title: ' ' } },
    { field: 'title', input: { title: 'x'.repeat(201) } },
    { field: 'title', input: { title: 'a\0b' } },
    { field: 'body', input: { body: '' } },
    { field: 'body', input: { body: 'x'.repeat(4001) } },
    { field: 'body', input: { body: 'a\ud800' } },
    { field: 'expiresAt', input: { expiresAt: '2020-01-01T00:00:00.000Z' } },
    { field: 'roomId', input: { audience: 'ROOM' } },
    { field: 'roomId', input: { roomId: 'global' } },
  ])('refuses $input as INVALID_INPUT, field $field', async ({ field, input }) => {
    expect(await publish(input)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test('to all is for administrators and services', async () => {
    const service = await callerOfTest('a service', ['service'])
    for (const audience of ['GLOBAL', 'AUTHENTICATED', 'ADMIN']) {
      expect(await ann.refusal(PUBLISH, inputOf({ audience }))).toBe('FORBIDDEN')
      expect(await visitor.refusal(PUBLISH, inputOf({ audience }))).toBe('UNAUTHENTICATED')
      expect(await publish({ audience }, service)).toMatchObject({ announcement: { audience } })
    }
  })

  test('to a room is for those who moderate it; FORBIDDEN to others, NOT_FOUND where they see no room', async () => {
    const input = { audience: 'ROOM', roomId: closed.id }
    expect(await publish(input, owner)).toMatchObject({ announcement: { roomId: closed.id } })
    expect(await ann.refusal(PUBLISH, inputOf(input))).toBe('FORBIDDEN')
    expect(await publish(input, bob)).toMatchObject({ code: 'NOT_FOUND', field: 'roomId' })
    expect(await publish({ ...input, roomId: 'nowhere' })).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('the audiences', () => {
  test('hear what is meant for them and nothing else; offsets skip, cursors do not', async () => {
    const listeners = {
      visitor: await callerOfTest(),
      ann: await callerOfTest('ann'),
      bob: await callerOfTest('bob'),
      admin: await callerOfTest('an administrator', ['admin']),
    }
    const recordings = await Promise.all(Object.values(listeners).map(listen))
    const sent = [
      await publish({ title: 'to all' }),
      await publish({ title: 'to the signed-in', audience: 'AUTHENTICATED' }),
      await publish({ title: 'to administrators', audience: 'ADMIN' }),
      await publish({ title: 'to the open room', audience: 'ROOM', roomId: open.id }, owner),
      await publish({ title: 'to the closed room', audience: 'ROOM', roomId: closed.id }, owner),
      await publish({ title: 'to all again' }),
    ]
    const begin = recordings[0]?.snapshot.offset ?? Number.NaN
    const expected = {
      visitor: [1, 4, 6],
      ann: [1, 2, 4, 5, 6],
      bob: [1, 2, 4, 6],
      admin: [1, 2, 3, 4, 5, 6],
    }
    for (const [index, [who, numbers]] of Object.entries(expected).entries()) {
      const heard = recordings[index]?.heard
      if (heard === undefined) throw new Error(`${who} does not listen`)
      await heard.take(numbers.length + 1)
      const entries = heard.values.slice(1)
      expect([who, entries.map(({ offset }) => offset - begin)]).toEqual([who, numbers])
      expect(titlesOf(heard)).toEqual(numbers.map((number) => sent[number - 1]?.announcement.title))
      expect(entries.map(({ cursor }) => cursor)).toEqual(numbers.map((number) => sent[number - 1]?.cursor))
      heard.stop()
      // From each cursor, this reader gets exactly what is meant for them.
      const caller = Object.values(listeners)[index] ?? visitor
      for (const [at, { cursor }] of entries.entries()) {
        const rest = caller.record<Entry>(ANNOUNCEMENTS, { after: cursor })
        await rest.take(numbers.length - at - 1)
        await caughtUp(caller)
        expect(rest.values.map(({ offset }) => offset - begin)).toEqual(numbers.slice(at + 1))
        rest.stop()
      }
    }
  })

  test('find in lists, snapshots and by id what is meant for them and nothing else', async () => {
    const secret = [
      await publish({ audience: 'ADMIN' }),
      await publish({ audience: 'ROOM', roomId: closed.id }, owner),
      await publish({ audience: 'AUTHENTICATED' }),
    ]
    const sees = async (caller: Caller): Promise<readonly boolean[]> => {
      const { snapshot, heard } = await listen(caller)
      heard.stop()
      const list = JSON.stringify(await caller.ask(LIST, { first: 100 }))
      return Promise.all(
        secret.map(async ({ announcement: { id } }) => {
          const { data } = await caller.answer(NODE_QUERY, { id })
          const isFound = (data as { readonly node: object | null }).node !== null
          expect(list.includes(id)).toBe(isFound)
          expect(snapshot.announcements?.some((each) => each.id === id)).toBe(isFound)
          return isFound
        }),
      )
    }
    expect(await sees(visitor)).toEqual([false, false, false])
    expect(await sees(bob)).toEqual([false, false, true])
    expect(await sees(ann)).toEqual([false, true, true])
    expect(await sees(admin)).toEqual([true, true, true])
  })

  test('of a MEMBERS room change with its members, in a running subscription', async () => {
    const room = await createRoom('MEMBERS')
    const listener = await callerOfTest('bob')
    const { heard } = await listen(listener)
    const toRoom = (title: string) => publish({ title, audience: 'ROOM', roomId: room.id }, owner)
    await toRoom('before')
    await owner.ask(ADD_MEMBER, { roomId: room.id, userId: bob.id })
    await toRoom('as a member')
    // As an entry, or in the snapshot that bob gets for having been added.
    const text = () => JSON.stringify(heard.values.slice(1))
    await vi.waitFor(() => expect(text()).toContain('as a member'), 10_000)
    expect(text()).toContain('before')
    await owner.ask(REMOVE_MEMBER, { roomId: room.id, userId: bob.id })
    await toRoom('afterwards')
    await publish({ title: 'to all' })
    await vi.waitFor(() => expect(text()).toContain('to all'), 10_000)
    expect(text()).not.toContain('afterwards')
    const last = heard.values.findLast(({ reset }) => reset === true)
    expect(JSON.stringify(last)).not.toContain('as a member')
  })
})

describe('an announcement', () => {
  test('that is retracted is an entry, and in no list or snapshot any more', async () => {
    const { heard } = await listen(visitor)
    const { announcement } = await publish()
    const retracted = await retract(announcement.id)
    expect(retracted.announcement.retractedAt).not.toBeNull()
    expect(await retract(announcement.id)).toMatchObject({ announcement: retracted.announcement })
    const [, , entry] = await heard.take(3)
    expect(entry).toMatchObject({
      __typename: 'AnnouncementRetracted',
      cursor: retracted.cursor,
      announcement: { id: announcement.id },
    })
    heard.stop()
    const { snapshot, heard: again } = await listen(visitor)
    again.stop()
    expect(JSON.stringify(snapshot)).not.toContain(announcement.id)
    expect(snapshot.offset).toBe(entry?.offset)
    expect(JSON.stringify(await visitor.ask(LIST, { first: 100 }))).not.toContain(announcement.id)
  })

  test('is retracted by those who may publish to its audience', async () => {
    const global = await publish()
    expect(await ann.refusal(RETRACT, { id: global.announcement.id })).toBe('FORBIDDEN')
    expect(await visitor.refusal(RETRACT, { id: global.announcement.id })).toBe('UNAUTHENTICATED')
    const hidden = await publish({ audience: 'ADMIN' })
    expect(await retract(hidden.announcement.id, ann)).toMatchObject({ code: 'NOT_FOUND' })
    expect(await retract('ann_nowhere')).toMatchObject({ code: 'NOT_FOUND', field: 'announcementId' })
    const toRoom = await publish({ audience: 'ROOM', roomId: closed.id }, owner)
    expect(await ann.refusal(RETRACT, { id: toRoom.announcement.id })).toBe('FORBIDDEN')
    expect(await retract(toRoom.announcement.id, bob)).toMatchObject({ code: 'NOT_FOUND' })
    expect(await retract(toRoom.announcement.id, owner)).toMatchObject({
      announcement: { roomId: closed.id },
    })
  })

  test('that has expired is in no snapshot and no list, while the history keeps it', async () => {
    const begin = await listen(visitor)
    begin.heard.stop()
    const expiresAt = new Date(Date.now() + 300).toISOString()
    const { announcement } = await publish({ expiresAt })
    await expect
      .poll(async () => JSON.stringify(await visitor.ask(LIST, { first: 100 })), { timeout: 5_000 })
      .not.toContain(announcement.id)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt))
    const { snapshot, heard } = await listen(visitor)
    heard.stop()
    expect(JSON.stringify(snapshot)).not.toContain(announcement.id)
    const replay = visitor.record<Entry>(ANNOUNCEMENTS, { after: begin.snapshot.cursor })
    expect((await replay.take(1))[0]).toMatchObject({ announcement: { id: announcement.id } })
    replay.stop()
  })
})

describe('announcements', () => {
  test('take over from a snapshot while others publish, without a gap and without a repetition', async () => {
    const listener = await callerOfTest()
    let isOver = false
    async function publishAll(): Promise<void> {
      for (let index = 0; index < 20; index += 1) await publish({ title: `number ${index}` })
      isOver = true
    }
    const before = await listen(listener)
    before.heard.stop()
    const publishing = publishAll()
    const readers: { readonly snapshot: Entry; readonly heard: Recording<Entry> }[] = []
    while (!isOver && readers.length < 90) readers.push(await listen(listener))
    await publishing
    const head = before.snapshot.offset + 20
    for (const { snapshot, heard } of readers) {
      const expected = Array.from(
        { length: head - snapshot.offset },
        (_, index) => snapshot.offset + index + 1,
      )
      await heard.take(expected.length + 1)
      await caughtUp(listener)
      expect(heard.values.slice(1).map(({ offset }) => offset)).toEqual(expected)
      const news = snapshot.announcements?.filter(({ title }) => title.startsWith('number ')) ?? []
      expect(news).toHaveLength(snapshot.offset - before.snapshot.offset)
    }
  })

  test('are paged newest first, each once', async () => {
    for (let index = 0; index < 5; index += 1) await publish({ title: `page ${index}` })
    const all: string[] = []
    for (let after: string | null = null, more = true; more; ) {
      const variables: Variables = { first: 4, after }
      const { edges, pageInfo } = await visitor.ask<Page<Announcement>>(LIST, variables)
      all.push(...edges.map((edge) => edge.node.title))
      after = pageInfo.endCursor
      more = pageInfo.hasNextPage
    }
    expect(all.slice(0, 5)).toEqual(['page 4', 'page 3', 'page 2', 'page 1', 'page 0'])
    expect(await visitor.refusal(LIST, { first: 101 })).toBe('BAD_USER_INPUT')
    expect(await visitor.refusal(LIST, { first: -1 })).toBe('BAD_USER_INPUT')
    expect(await visitor.refusal(LIST, { after: 'garbage' })).toBe('CURSOR_INVALID')
  })
})

describe('A returning reader, from the memory of a node and from the database', () => {
  test('gets what they may see now, not what they could see then', async () => {
    const databaseUrl = await freshDatabase()
    const options = { databaseUrl, redisUrl: sharedRedisUrl(), env: { REDIS_PREFIX: freshRedisPrefix() } }
    await using first = await startNode(options)
    await using second = await startNode(options)
    await using chief = await createCaller(first, 'chief', ['admin'])
    await using host = await createCaller(first, 'host')
    for (const sub of ['removed', 'added']) await (await createCaller(first, sub))[Symbol.asyncDispose]()
    const input = { name: 'Opens and closes', kind: 'CHAT', visibility: 'PUBLIC' }
    const { room } = await host.ask<RoomAnswer>(CREATE_ROOM, { input })
    await host.ask(ADD_MEMBER, { roomId: room.id, userId: 'removed' })

    const live = chief.record<Entry>(ANNOUNCEMENTS)
    const [snapshot] = await live.take(1)
    await publish({ audience: 'ROOM', roomId: room.id, title: 'secret' }, chief)
    await live.take(2)
    await host.ask(UPDATE_ROOM, { input: { roomId: room.id, visibility: 'MEMBERS' } })
    await host.ask(REMOVE_MEMBER, { roomId: room.id, userId: 'removed', reason: 'Over' })
    await host.ask(ADD_MEMBER, { roomId: room.id, userId: 'added' })

    const heardOn = async (at: TestNode, sub?: string) => {
      await using caller = await createCaller(at, sub)
      const heard = caller.record<Entry>(ANNOUNCEMENTS, { after: snapshot?.cursor })
      const title = `end of ${randomUUID()}`
      await publish({ title }, chief)
      // What they see of the room may have changed since: then a snapshot comes first.
      const titles = () =>
        heard.values.flatMap(({ announcement, announcements = [] }) =>
          [announcement, ...announcements].map((each) => each?.title),
        )
      await vi.waitFor(() => expect(titles()).toContain(title), 10_000)
      return titles().includes('secret')
    }
    const seen: boolean[] = []
    for (const at of [first, second]) {
      for (const sub of [undefined, 'removed', 'added', 'host']) seen.push(await heardOn(at, sub))
    }
    expect(seen).toEqual([false, false, true, true, false, false, true, true])
  }, 60_000)
})
