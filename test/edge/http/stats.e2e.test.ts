import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { connect, post, record } from '../../support/graphql-client.ts'
import { BIDS, makeAuction, makeRoom, placeBid } from '../../support/rooms.ts'

interface Counts {
  readonly connections: number
  readonly users: number
  readonly subscriptions: number
  readonly groups: number
  readonly deliveries: number
}

interface Stats extends Counts {
  readonly rooms: readonly (Counts & { readonly id: string })[]
}

const MESSAGES = 'subscription ($roomId: ID!) { messages(roomId: $roomId) { ... on Event { offset } } }'
const PRESENCE = 'subscription ($roomId: ID!) { presence(roomId: $roomId) { count } }'
const UPDATES = 'subscription ($roomId: ID) { auctionUpdates(roomId: $roomId) { id } }'
const TIME = 'subscription { serverTime }'
const OPEN_DIRECT =
  'mutation ($id: ID!) { openDirectRoom(userId: $id) { ... on RoomPayload { room { id } } } }'
const NOTHING: Counts = { connections: 0, users: 0, subscriptions: 0, groups: 0, deliveries: 0 }

let node: TestApp
let ann: string
let bob: string
let admin: string

beforeAll(async () => {
  node = await startTestApp()
  ann = await node.token('ann')
  bob = await node.token('bob')
  admin = await node.token('root', { roles: ['admin'] })
})
afterAll(() => node[Symbol.asyncDispose]())

/** Waits until the server has noticed that the clients of the previous test are gone. */
beforeEach(async () => {
  await vi.waitFor(
    async () => expect(await stats()).toMatchObject({ connections: 0, subscriptions: 0 }),
    15_000,
  )
})

function ask(token?: string): Promise<Response> {
  return fetch(`${node.url}/stats`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
}

async function stats(token = admin): Promise<Stats> {
  return (await (await ask(token)).json()) as Stats
}

/** Subscribes over a separate connection, and returns when all have started. */
async function follow(token: string | undefined, ...subscriptions: readonly [string, object][]) {
  const client = connect(node.wsUrl, token)
  onTestFinished(async () => client.dispose())
  const recordings = subscriptions.map(([query, variables]) => record(client, query, { ...variables }))
  for (const recording of recordings) await recording.take(1)
  return { client, recordings }
}

describe('GET /stats', () => {
  test('is for administrators and services', async () => {
    expect((await ask(admin)).status).toBe(200)
    expect((await ask(await node.token('engine', { roles: ['service'] }))).status).toBe(200)
    for (const token of [ann, await node.token('mo', { roles: ['moderator'] })]) {
      const refused = await ask(token)
      expect(refused.status).toBe(403)
      expect(await refused.json()).toEqual({
        error: 'Only administrators and services may use this endpoint.',
      })
    }
  })

  test.each([undefined, 'garbage', ''])('answers 401 in JSON to the token %j', async (token) => {
    const refused = await ask(token)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('Bearer')
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/\.$|…/) })
  })

  test('accepts no token in the URL', async () => {
    expect((await fetch(`${node.url}/stats?token=${admin}`)).status).toBe(401)
  })

  test('reports zeroes without activity', async () => {
    await using idle = await startTestApp()
    const token = await idle.token('root', { roles: ['admin'] })
    const answer = await fetch(`${idle.url}/stats`, { headers: { authorization: `Bearer ${token}` } })
    expect(await answer.json()).toEqual({ ...NOTHING, rooms: [] })
  })

  test('counts connections, users and subscriptions, in total and by room', async () => {
    const roomId = await makeRoom(node, ann)
    const auctionId = await makeAuction(node, ann, roomId)
    const before = await stats()
    const { recordings } = await follow(ann, [BIDS, { auctionId }], [MESSAGES, { roomId }], [TIME, {}])
    await follow(ann, [BIDS, { auctionId }])
    await follow(undefined, [BIDS, { auctionId }], [UPDATES, { roomId }])
    await placeBid(node, bob, { auctionId, amount: 1_000 })
    await recordings[0]?.take(2)
    const now = await stats()
    expect(now).toMatchObject({ connections: 3, users: 1, subscriptions: 6 })
    // Bids, messages and the list of auctions; the clock is in no room.
    expect(now.rooms).toEqual([
      { id: roomId, connections: 3, users: 1, subscriptions: 5, groups: 3, deliveries: expect.any(Number) },
    ])
    expect(now.groups).toBe(4)
    // Five snapshots, and a bid for three.
    expect(now.rooms[0]?.deliveries).toBeGreaterThanOrEqual(8)
    expect(now.deliveries - before.deliveries).toBeGreaterThanOrEqual(9)
  })

  test('counts deliveries by room', async () => {
    const [one, other] = [await makeRoom(node, ann), await makeRoom(node, ann)]
    const auctionId = await makeAuction(node, ann, one)
    const { recordings } = await follow(ann, [BIDS, { auctionId }], [MESSAGES, { roomId: other }])
    const deliveriesIn = async (id: string) =>
      (await stats()).rooms.find((room) => room.id === id)?.deliveries
    expect([await deliveriesIn(one), await deliveriesIn(other)]).toEqual([1, 1])
    await placeBid(node, bob, { auctionId, amount: 1_000 })
    await recordings[0]?.take(2)
    expect([await deliveriesIn(one), await deliveriesIn(other)]).toEqual([2, 1])
  })

  test('forgets an empty room, and starts from zero when a user returns', async () => {
    const roomId = await makeRoom(node, ann)
    const auctionId = await makeAuction(node, ann, roomId)
    const { client, recordings } = await follow(ann, [BIDS, { auctionId }], [PRESENCE, { roomId }])
    await placeBid(node, bob, { auctionId, amount: 1_000 })
    await recordings[0]?.take(2)
    await client.dispose()
    await vi.waitFor(async () => expect((await stats()).rooms).toEqual([]), 15_000)
    const again = await follow(bob, [BIDS, { auctionId }])
    expect((await stats()).rooms).toEqual([
      { id: roomId, connections: 1, users: 1, subscriptions: 1, groups: 1, deliveries: 1 },
    ])
    await placeBid(node, await node.token('eve'), { auctionId, amount: 8_000 })
    await again.recordings[0]?.take(2)
    expect((await stats()).rooms[0]?.deliveries).toBe(2)
  })

  test('leaves direct rooms out: nobody learns who talks to whom', async () => {
    // Direct rooms need known users.
    await post(node.url, '{ viewer { user { id } } }', {}, bob)
    const { data } = await post(node.url, OPEN_DIRECT, { id: 'bob' }, ann)
    const opened = data?.['openDirectRoom'] as { readonly room: { readonly id: string } } | undefined
    const id = opened?.room.id ?? ''
    expect(id).toContain('direct')
    await follow(ann, [MESSAGES, { roomId: id }])
    const now = await stats()
    expect(now).toMatchObject({ connections: 1, subscriptions: 1, rooms: [] })
    expect(JSON.stringify(now)).not.toContain(id)
  })

  test('counts a visitor as a user of the room after sign-in', async () => {
    const roomId = await makeRoom(node, ann)
    const { client } = await follow(undefined, [MESSAGES, { roomId }])
    expect((await stats()).rooms).toMatchObject([{ connections: 1, users: 0 }])
    const query = `mutation { authenticate(token: ${JSON.stringify(bob)}) { __typename } }`
    for await (const _ of client.iterate({ query }));
    expect((await stats()).rooms).toMatchObject([{ connections: 1, users: 1 }])
  })
})

interface UserStats {
  readonly id: string
  readonly name: string | null
  readonly connections: number
}

describe('GET /stats/user', () => {
  const askFor = (query: string, token = admin): Promise<Response> =>
    fetch(`${node.url}/stats/user${query}`, { headers: { authorization: `Bearer ${token}` } })
  const userStats = async (id: string): Promise<UserStats> =>
    (await (await askFor(`?id=${encodeURIComponent(id)}`)).json()) as UserStats

  test('is for administrators and services', async () => {
    expect((await askFor('?id=ann', ann)).status).toBe(403)
    expect((await askFor('?id=ann')).status).toBe(200)
  })

  test('distinguishes a user without a connection from an unknown id', async () => {
    await post(node.url, '{ viewer { user { id } } }', {}, await node.token('a & b', { name: 'Abby' }))
    expect(await userStats('a & b')).toEqual({ id: 'a & b', name: 'Abby', connections: 0 })
    expect(await userStats('nobody-at-all')).toEqual({ id: 'nobody-at-all', name: null, connections: 0 })
  })

  test('counts the connections of one user', async () => {
    const one = await follow(ann, [TIME, {}])
    await follow(ann, [TIME, {}])
    await follow(bob, [TIME, {}])
    expect(await userStats('ann')).toMatchObject({ connections: 2 })
    await one.client.dispose()
    await vi.waitFor(async () => expect(await userStats('ann')).toMatchObject({ connections: 1 }), 5_000)
  })

  test.each(['', '?id=', '?id=a%00b'])('answers 400 to the query %j', async (query) => {
    const refused = await askFor(query)
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/\.$/) })
  })
})
