import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, createCaller, type Variables } from '../support/caller.ts'
import { openEventStream } from '../support/event-stream.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const ROLES = ['visitor', 'ann', 'bob', 'cem', 'owner', 'moderator', 'admin', 'service'] as const
type Role = (typeof ROLES)[number]

const TOKEN_ROLES: Partial<Record<Role, readonly string[]>> = {
  moderator: ['moderator'],
  admin: ['admin'],
  service: ['service'],
}

/** How to read the secret: by a query, or by a subscription over WebSocket and server-sent events. */
type Probe = readonly [document: string, variables?: Variables]

interface Secret {
  /** Appears in what entitled users read, and nowhere else. */
  readonly text: string
  readonly known: readonly Role[]
  readonly probes: readonly Probe[]
}

let node: TestNode
const callers = new Map<Role, Caller>()

function as(role: Role): Caller {
  const caller = callers.get(role)
  if (caller === undefined) throw new Error(`${role} is not here`)
  return caller
}

beforeAll(async () => {
  node = await startNode({
    databaseUrl: await freshDatabase(),
    // Pages of a hundred, with all fields.
    env: { MAX_QUERY_COMPLEXITY: '10000' },
  })
  for (const role of ROLES) {
    callers.set(role, await createCaller(node, role === 'visitor' ? undefined : role, TOKEN_ROLES[role]))
    await as(role).answer('{ viewer { user { id } } }')
  }
})

afterAll(async () => {
  for (const caller of callers.values()) await caller[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** Everything that a role reads by a probe, as text; for a subscription, until it is quiet for `quietMs`. */
async function read(role: Role, [document, variables = {}]: Probe, quietMs: number): Promise<string> {
  const caller = as(role)
  if (!document.startsWith('subscription')) return JSON.stringify(await caller.answer(document, variables))
  const heard = caller.record<unknown>(document, variables)
  const { token } = caller
  const stream = await openEventStream(node.url, {
    ...{ query: document, variables },
    ...(token === undefined ? {} : { token }),
  })
  const events: unknown[] = []
  const told = Promise.withResolvers<void>()
  const reading = (async () => {
    for (;;) {
      events.push(await stream.next())
      told.resolve()
    }
  })().catch(() => told.resolve())
  const quiet = new Promise((resolve) => setTimeout(resolve, quietMs))
  await Promise.race([heard.take(1, quietMs).catch(() => {}), heard.ended])
  await Promise.race([told.promise, quiet])
  heard.stop()
  await stream[Symbol.asyncDispose]()
  await reading
  return `ws ${JSON.stringify(heard.values)} sse ${JSON.stringify(events)}`
}

async function expectSecret({ text, known, probes }: Secret): Promise<void> {
  for (const probe of probes) {
    const [document] = probe
    const ask = async (role: Role): Promise<void> => {
      const isKnown = known.includes(role)
      const shown = await read(role, probe, isKnown ? 5_000 : 300)
      const parts = shown.startsWith('ws ') ? shown.split(' sse ') : [shown]
      const seen = parts.map((part) => part.includes(text))
      expect([role, document, ...seen]).toEqual([role, document, ...seen.map(() => isKnown)])
    }
    await Promise.all(ROLES.map(ask))
  }
}

const marker = (): string => `secret-${randomUUID()}`

describe('nobody else reads, over any transport,', () => {
  test('a notification', async () => {
    const text = marker()
    const cursorQuery = '{ viewer { notificationsCursor } }'
    const { notificationsCursor } = await as('ann').ask<{ notificationsCursor: string }>(cursorQuery)
    const { notifications } = await as('service').ask<{ notifications: readonly { id: string }[] }>(
      `mutation ($input: NotifyInput!) { notify(input: $input) { ... on NotifyPayload { notifications { id } } } }`,
      { input: { userIds: ['ann'], kind: 'CUSTOM', title: text, body: 'x', idempotencyKey: randomUUID() } },
    )
    const entries =
      '... on NotificationCreated { notification { title } } ... on NotificationsSnapshot { unread { title } }'
    await expectSecret({
      ...{ text, known: ['ann'] },
      probes: [
        ['{ viewer { notifications { edges { node { title } } } } }'],
        [
          'query ($id: ID!) { node(id: $id) { ... on Notification { title } } }',
          { id: notifications[0]?.id },
        ],
        [`subscription { notifications { __typename ${entries} } }`],
      ],
    })
    // A cursor of ann's topic is invalid for everyone else.
    const replay: Probe = [
      `subscription ($after: Cursor) { notifications(after: $after) { __typename ${entries} } }`,
      { after: notificationsCursor },
    ]
    await expectSecret({ ...{ text, known: ['ann'] }, probes: [replay] })
  })

  test('a maximum bid', async () => {
    const roomId = await makeRoom(node, as('owner').token ?? '')
    const auctionId = await makeAuction(node, as('owner').token ?? '', roomId)
    await placeBid(node, as('ann').token ?? '', { auctionId, maximum: 987_654_321 })
    await placeBid(node, as('bob').token ?? '', { auctionId, maximum: 1_000 })
    const all =
      'myMaximum myBidding { maximum held highestBid { amount } } minimumBid currentPrice leader { id } bids { edges { node { amount } } } leaderboard { standings { score } }'
    const events = `__typename ... on AuctionSnapshot { auction { ${all} } } ... on BidPlaced { bid { amount } auction { ${all} } }`
    const id = { id: auctionId }
    await expectSecret({
      ...{ text: '987654321', known: ['ann'] },
      probes: [
        [`query ($id: ID!) { auction(id: $id) { ${all} } }`, id],
        [`query ($id: ID!) { node(id: $id) { ... on Auction { ${all} } } }`, id],
        [`query ($id: ID!) { room(id: $id) { auctions { edges { node { ${all} } } } } }`, { id: roomId }],
        [`{ auctions(first: 100) { edges { node { ${all} } } } }`],
        [`subscription ($id: ID!) { bids(auctionId: $id) { ${events} } }`, id],
        [`subscription ($id: ID!) { auctionState(auctionId: $id) { ${all} } }`, id],
        [`subscription ($roomId: ID) { auctionUpdates(roomId: $roomId) { ${all} } }`, { roomId }],
      ],
    })
  })

  test('a wallet', async () => {
    const credit = `mutation ($key: String!) { creditWallet(userId: "ann", currency: "PRIV", amount: 123454321, idempotencyKey: $key) { __typename } }`
    await as('service').ask(credit, { key: randomUUID() })
    await expectSecret({
      ...{ text: '123454321', known: ['ann'] },
      probes: [['{ viewer { wallet(currency: "PRIV") { balance held available } } }']],
    })
  })

  test('a direct room, not even administrators', async () => {
    const text = marker()
    const open = `mutation { openDirectRoom(userId: "bob") { ... on RoomPayload { room { id messagesCursor cursor } } } }`
    const { room } = await as('ann').ask<{
      readonly room: { readonly id: string; readonly messagesCursor: string; readonly cursor: string }
    }>(open)
    const { message } = await as('ann').ask<{ readonly message: { readonly id: string } }>(
      `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { ... on MessagePayload { message { id } } } }`,
      { input: { roomId: room.id, body: text, clientMessageId: randomUUID() } },
    )
    const known = ['ann', 'bob'] as const
    const messages = '... on MessagesSnapshot { messages { body } } ... on MessageSent { message { body } }'
    await expectSecret({
      ...{ text, known },
      probes: [
        ['query ($id: ID!) { room(id: $id) { messages { edges { node { body } } } } }', { id: room.id }],
        ['query ($id: ID!) { node(id: $id) { ... on Message { body } } }', { id: message.id }],
        [`subscription ($id: ID!) { messages(roomId: $id) { __typename ${messages} } }`, { id: room.id }],
        [
          `subscription ($id: ID!, $after: Cursor) { messages(roomId: $id, after: $after) { __typename ${messages} } }`,
          { id: room.id, after: room.messagesCursor },
        ],
      ],
    })
    await expectSecret({
      ...{ text: room.id, known },
      probes: [
        ['query ($id: ID!) { node(id: $id) { id } }', { id: room.id }],
        ['{ viewer { rooms(first: 100) { edges { node { id } } } } }'],
        ['{ rooms(first: 100) { edges { node { id } } } }'],
        ['{ rooms(first: 100, kind: DIRECT) { edges { node { id } } } }'],
        [
          'subscription ($id: ID!) { roomState(roomId: $id) { __typename ... on RoomSnapshot { room { id } } } }',
          { id: room.id },
        ],
        ['subscription ($id: ID!) { presence(roomId: $id) { roomId count } }', { id: room.id }],
        ['subscription ($id: ID!) { typing(roomId: $id) { roomId } }', { id: room.id }],
      ],
    })
  })

  test('an announcement to administrators', async () => {
    const text = marker()
    const [, before] = await as('admin')
      .record<{ readonly cursor: string }>(
        'subscription { announcements { __typename ... on Event { cursor } } }',
      )
      .take(1)
      .then(([first]) => [first, first?.cursor])
    const { announcement } = await as('admin').ask<{ readonly announcement: { readonly id: string } }>(
      `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) {
        ... on AnnouncementPayload { announcement { id } } } }`,
      { input: { audience: 'ADMIN', title: text, body: 'x' } },
    )
    const entries =
      '... on AnnouncementsSnapshot { announcements { title } } ... on AnnouncementPublished { announcement { title } }'
    await expectSecret({
      ...{ text, known: ['admin'] },
      probes: [
        ['{ announcements(first: 100) { edges { node { title } } } }'],
        ['query ($id: ID!) { node(id: $id) { ... on Announcement { title } } }', { id: announcement.id }],
        [`subscription { announcements { __typename ${entries} } }`],
        [
          `subscription ($after: Cursor) { announcements(after: $after) { __typename ${entries} } }`,
          { after: before },
        ],
      ],
    })
  })

  test('the orders and positions of a member, except the room’s moderators', async () => {
    const { room } = await as('owner').ask<{ readonly room: { readonly id: string } }>(
      `mutation { createRoom(input: { name: "Pit", kind: TRADE, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }`,
    )
    const roomId = room.id
    const join = 'mutation ($id: ID!) { joinRoom(roomId: $id) { __typename } }'
    for (const role of ['ann', 'bob'] as const) await as(role).ask(join, { id: roomId })
    const cursors: (string | undefined)[] = []
    for (const field of ['orders', 'positions']) {
      const document = `subscription ($id: ID!) { ${field}(roomId: $id) { __typename ... on Event { cursor } } }`
      const [first] = await as('service').record<{ cursor: string }>(document, { id: roomId }).take(1)
      cursors.push(first?.cursor)
    }
    const text = `S-${randomUUID().slice(0, 8)}`
    const order = {
      ...{
        executionId: randomUUID(),
        roomId,
        orderId: randomUUID(),
        userId: 'ann',
        symbol: text,
        side: 'BUY',
      },
      ...{
        type: 'LIMIT',
        executionType: 'TRADE',
        quantity: 10,
        limitPrice: 5,
        lastQuantity: 4,
        lastPrice: 5,
      },
    }
    const answer = await as('service').ask<{ readonly order?: { readonly id: string } }>(
      `mutation ($input: ReportOrderInput!) { reportOrder(input: $input) {
        ... on OrderPayload { order { id } } ... on Rejected { code field reason } } }`,
      { input: order },
    )
    expect(answer).toEqual({ order: { id: expect.stringMatching(/^ord_/) } })
    const id = { id: roomId }
    const orders =
      '... on OrdersSnapshot { open { symbol } } ... on OrderExecuted { order { symbol } } ... on OrderAccepted { order { symbol } }'
    const positions =
      '... on PositionsSnapshot { positions { symbol } } ... on PositionUpdated { position { symbol } }'
    await expectSecret({
      ...{ text, known: ['ann', 'owner', 'moderator', 'admin', 'service'] },
      probes: [
        ['query ($id: ID!) { orders(roomId: $id) { symbol } }', id],
        ['query ($id: ID!) { positions(roomId: $id) { symbol } }', id],
        ['query ($id: ID!) { node(id: $id) { ... on Order { symbol } } }', { id: answer.order?.id }],
        [
          'query ($id: ID!, $orderId: ID!) { order(roomId: $id, orderId: $orderId) { symbol } }',
          { ...id, orderId: order.orderId },
        ],
        [`subscription ($id: ID!) { orders(roomId: $id) { __typename ${orders} } }`, id],
        [`subscription ($id: ID!) { positions(roomId: $id) { __typename ${positions} } }`, id],
        [
          `subscription ($id: ID!, $after: Cursor) { orders(roomId: $id, after: $after) { __typename ${orders} } }`,
          { ...id, after: cursors[0] },
        ],
        [
          `subscription ($id: ID!, $after: Cursor) { positions(roomId: $id, after: $after) { __typename ${positions} } }`,
          { ...id, after: cursors[1] },
        ],
      ],
    })
  })
})
