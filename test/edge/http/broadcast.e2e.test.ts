import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { createCaller } from '../../support/caller.ts'
import { post, type Recording } from '../../support/graphql-client.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { startProxy } from '../../support/proxy.ts'
import { makeRoom } from '../../support/rooms.ts'
import { scrape } from '../../support/scrape.ts'

interface Entry {
  readonly __typename: string
  readonly announcement?: { readonly id: string; readonly severity: string; readonly title: string }
}

const ANNOUNCEMENTS = `subscription { announcements { __typename
  ... on AnnouncementPublished { announcement { id severity title } } } }`
const OPEN_DIRECT = 'mutation { openDirectRoom(userId: "bob") { ... on RoomPayload { room { id } } } }'
const TEST = { audience: 'GLOBAL', title: 'A test', body: 'Of the tubes' }

let node: TestApp
let ann: string
let admin: string
let service: string

beforeAll(async () => {
  node = await startTestApp()
  ann = await node.token('ann')
  admin = await node.token('root', { roles: ['admin'] })
  service = await node.token('engine', { roles: ['service'] })
})
afterAll(() => node[Symbol.asyncDispose]())

/** Waits until the server has noticed that the clients of the previous test are gone. */
beforeEach(async () => {
  await vi.waitFor(
    async () => expect((await scrape(node.url)).value('rostrum_subscriptions')).toBe(0),
    15_000,
  )
})

function send(body: unknown, token?: string, url = node.url): Promise<Response> {
  return fetch(`${url}/broadcast`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function announce(body: object, token = admin) {
  const response = await send(body, token)
  expect(response.status).toBe(200)
  return (await response.json()) as { readonly announcementId: string; readonly reached: number }
}

/** A user with one connection and this many subscriptions to announcements. */
async function listener(sub?: string, roles: readonly string[] = [], times = 1): Promise<Recording<Entry>> {
  const caller = await createCaller(node, sub, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  const recordings = Array.from({ length: times }, () => caller.record<Entry>(ANNOUNCEMENTS))
  for (const recording of recordings) await recording.take(1)
  const [first] = recordings
  if (first === undefined) throw new Error('nobody listens')
  return first
}

describe('POST /broadcast', () => {
  test('publishes an announcement to its subscribers', async () => {
    const heard = await listener()
    const { announcementId, reached } = await announce({ ...TEST, severity: 'CRITICAL' })
    expect(reached).toBe(1)
    const [, entry] = await heard.take(2)
    expect(entry?.announcement).toEqual({ id: announcementId, severity: 'CRITICAL', title: 'A test' })
  })

  test('defaults to INFO, and may come from a service', async () => {
    const heard = await listener()
    await announce({ ...TEST, severity: null, roomId: null }, service)
    expect((await heard.take(2))[1]?.announcement).toMatchObject({ severity: 'INFO' })
  })

  test('counts connections, not subscriptions, and only those in the audience', async () => {
    const roomId = await makeRoom(node, ann, { visibility: 'MEMBERS' })
    await listener(undefined, [], 3)
    await listener('ann', [], 2)
    await listener('ann')
    await listener('root', ['admin'])
    expect((await announce(TEST)).reached).toBe(4)
    expect((await announce({ ...TEST, audience: 'AUTHENTICATED' })).reached).toBe(3)
    expect((await announce({ ...TEST, audience: 'ADMIN' })).reached).toBe(1)
    // Its owner, with two connections, and the administrator.
    expect((await announce({ ...TEST, audience: 'ROOM', roomId })).reached).toBe(3)
  })

  test('reaches nobody without subscribers', async () => {
    expect((await announce(TEST)).reached).toBe(0)
  })

  test.each([
    ['', 'The body is not valid JSON.'],
    ['{"audience":', 'The body is not valid JSON.'],
    ['[]', 'The body must be an object: {"audience", "roomId"?, "severity"?, "title", "body"}.'],
    ['null', 'The body must be an object: {"audience", "roomId"?, "severity"?, "title", "body"}.'],
  ])('answers 400 to %s', async (body, error) => {
    const response = await send(body, admin)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error })
  })

  test.each([
    ['audience', {}],
    ['audience', { ...TEST, audience: 'EVERYBODY' }],
    ['severity', { ...TEST, severity: 'loud' }],
    ['title', { ...TEST, title: 7 }],
    ['title', { ...TEST, title: '  ' }],
    ['title', { ...TEST, title: 'x'.repeat(201) }],
    ['title', { ...TEST, title: 'a\u0000b' }],
    ['body', { ...TEST, body: null }],
    ['body', { ...TEST, body: '' }],
    ['roomId', { ...TEST, roomId: 'global' }],
    ['roomId', { ...TEST, audience: 'ROOM' }],
    ['roomId', { ...TEST, audience: 'ROOM', roomId: 7 }],
    ['roomId', { ...TEST, audience: 'ROOM', roomId: 'a\u0000b' }],
    ['roomId', { ...TEST, audience: 'ROOM', roomId: 'room_none' }],
    ['sevrity', { ...TEST, sevrity: 'INFO' }],
  ])('answers 400 and names %s for %j', async (field, body) => {
    const response = await send(body, admin)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringMatching(/\.$/), field })
  })

  test('does not reveal direct rooms', async () => {
    // Direct rooms need known users.
    await post(node.url, '{ viewer { user { id } } }', {}, await node.token('bob'))
    const { data } = await post(node.url, OPEN_DIRECT, {}, ann)
    const opened = data?.['openDirectRoom'] as { readonly room: { readonly id: string } } | undefined
    const id = opened?.room.id ?? ''
    expect(id).toContain('direct')
    const response = await send({ ...TEST, audience: 'ROOM', roomId: id }, admin)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: 'Room not found.', field: 'roomId' })
  })

  test('answers 413 to more than 16 KB', async () => {
    const response = await send({ ...TEST, body: 'x'.repeat(16 * 1024) }, admin)
    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ error: 'The body is larger than 16384 bytes.' })
  })

  test('answers 401 without a token or with a bad one, 403 to the wrong role, regardless of the body', async () => {
    for (const [token, status] of [
      [undefined, 401],
      ['garbage', 401],
      [ann, 403],
      [await node.token('mo', { roles: ['moderator'] }), 403],
    ] as const) {
      for (const body of [TEST, '{']) {
        const response = await send(body, token)
        expect(response.status).toBe(status)
        expect(await response.json()).toEqual({ error: expect.any(String) })
      }
    }
  })

  test('counts as a mutation of the administrator, and answers 429 beyond the rate limit', async () => {
    await using slow = await startTestApp({ MUTATIONS_PER_SECOND: '1' })
    const answers: Response[] = []
    for (let time = 0; time < 4; time += 1) answers.push(await send(TEST, admin, slow.url))
    const refused = answers.find(({ status }) => status === 429)

    expect(answers[0]?.status).toBe(200)
    expect(refused?.headers.get('retry-after')).toBe('1')
    await expect(refused?.json()).resolves.toEqual({ error: expect.any(String) })
    expect((await send(TEST, service, slow.url)).status).toBe(200)
  })

  test('answers other methods 405', async () => {
    const response = await fetch(`${node.url}/broadcast`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST, OPTIONS')
  })
})

describe('while the database is down', () => {
  test('/broadcast answers 503, /stats and /metrics still answer', async () => {
    const database = new URL(await freshDatabase())
    await using proxy = await startProxy(Number(database.port))
    database.port = String(proxy.port)
    await using cut = await startTestApp({ DATABASE_URL: database.href })
    const headers = { authorization: `Bearer ${admin}` }
    expect((await send(TEST, admin, cut.url)).status).toBe(200)
    proxy.shut()
    const refused = await send(TEST, admin, cut.url)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toEqual({ error: expect.stringContaining('database') })
    expect((await scrape(cut.url)).value('rostrum_commands_total{outcome="failed"}')).toBe(1)
    expect((await fetch(`${cut.url}/stats`, { headers })).status).toBe(200)
    await vi.waitFor(
      async () => expect((await scrape(cut.url)).value('rostrum_problem{part="database"}')).toBe(1),
      15_000,
    )
    proxy.open()
    await vi.waitFor(async () => expect((await send(TEST, admin, cut.url)).status).toBe(200), 30_000)
  }, 90_000)
})
