import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'
import { isId, type RootField, rootFields, type Slot, slotsOf, variablesOf } from '../support/root-fields.ts'

const ROLES = ['visitor', 'stranger', 'moderator', 'admin', 'service'] as const
type Role = (typeof ROLES)[number]

const KINDS = [
  'room',
  'auction',
  'bid',
  'message',
  'announcement',
  'notification',
  'archive',
  'order',
] as const
type Kind = (typeof KINDS)[number]

/** Existing objects that these roles may not see. */
interface Hidden {
  readonly kind: Kind
  readonly id: string
  readonly from: readonly Role[]
}

/**
 * The hidden objects that an argument of this name may refer to. Empty: ids that callers choose themselves, or that are
 * not secret.
 */
const KINDS_OF: Readonly<Record<string, readonly Kind[]>> = {
  id: KINDS,
  ids: KINDS,
  roomId: ['room'],
  auctionId: ['auction'],
  bidId: ['bid'],
  messageId: ['message'],
  replyToId: ['message'],
  announcementId: ['announcement'],
  // Services choose the ids of orders, executions and subjects, and refer to them in a room or kind that they may see.
  orderId: [],
  executionId: [],
  subjectId: [],
  subjectIds: [],
  // Known users are not secret: anyone may write to them (docs/security.md).
  userId: [],
  userIds: [],
  sellerId: [],
  mentions: [],
}

const FIELDS = rootFields().filter((field) => slotsOf(field).some(isId))

let node: TestNode
const callers = new Map<Role | 'owner' | 'friend' | 'engine' | 'root', Caller>()
let hidden: readonly Hidden[]
/** Public values, for the other arguments of a field. */
let open: Readonly<Record<string, string>>

function as(who: Role | 'owner' | 'friend' | 'engine' | 'root'): Caller {
  const caller = callers.get(who)
  if (caller === undefined) throw new Error(`${who} is not here`)
  return caller
}

interface Named {
  readonly id: string
}

async function send(by: Caller, roomId: string): Promise<string> {
  const document = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    ... on MessagePayload { message { id } } } }`
  const input = { roomId, body: 'Hidden', clientMessageId: randomUUID() }
  return (await by.ask<{ readonly message: Named }>(document, { input })).message.id
}

async function announce(by: Caller, input: object): Promise<string> {
  const document = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) {
    ... on AnnouncementPayload { announcement { id } } } }`
  const variables = { input: { title: 'Hidden', body: 'b', ...input } }
  return (await by.ask<{ readonly announcement: Named }>(document, variables)).announcement.id
}

async function bidOn(auctionId: string): Promise<string> {
  await placeBid(node, as('friend').token ?? '', { auctionId, amount: 600 })
  const document = '{ auction(id: "%") { bids { edges { node { id } } } } }'.replace('%', auctionId)
  const { bids } = await as('friend').ask<{ bids: { edges: readonly { node: Named }[] } }>(document)
  return bids.edges[0]?.node.id ?? ''
}

async function tradeIn(roomId: string): Promise<readonly [order: string, archive: string]> {
  const orderId = `ORD-${randomUUID()}`
  const order = { roomId, userId: 'friend', orderId, executionId: randomUUID(), executionType: 'NEW' }
  const input = { ...order, side: 'BUY', type: 'MARKET', symbol: 'X', quantity: 5 }
  const report = 'mutation ($input: ReportOrderInput!) { reportOrder(input: $input) { __typename } }'
  await as('engine').ask(report, { input })
  const scores = `mutation ($roomId: ID!) { reportScores(roomId: $roomId, scores: [{ userId: "friend", score: 5 }]) { __typename } }`
  await as('engine').ask(scores, { roomId })
  const follow = `subscription { leaderboard(roomId: "${roomId}") { __typename ... on LeaderboardSnapshotCreated { snapshotId } } }`
  const entries = as('engine').record<{ readonly snapshotId?: string }>(follow)
  await entries.take(1)
  await as('engine').ask(
    'mutation ($roomId: ID!) { createLeaderboardSnapshot(roomId: $roomId) { __typename } }',
    { roomId },
  )
  const [, copy] = await entries.take(2)
  entries.stop()
  return [orderId, copy?.snapshotId ?? '']
}

/** A room of that kind and visibility, with everything it can contain. */
async function furnish(kind: string, visibility: string, from: readonly Role[]): Promise<readonly Hidden[]> {
  const owner = as(visibility === 'ADMIN' ? 'root' : 'owner')
  const roomId = await makeRoom(node, owner.token ?? '', { kind, visibility })
  await owner.answer(`mutation { addMember(roomId: "${roomId}", userId: "friend") { __typename } }`)
  const found: [Kind, string][] = [
    ['room', roomId],
    ['message', await send(owner, roomId)],
  ]
  found.push(['announcement', await announce(owner, { audience: 'ROOM', roomId })])
  if (kind === 'AUCTION') {
    const auctionId = await makeAuction(node, owner.token ?? '', roomId)
    found.push(['auction', auctionId], ['bid', await bidOn(auctionId)])
  }
  if (kind === 'TRADE') {
    const [order, archive] = await tradeIn(roomId)
    found.push(['order', order], ['archive', archive])
  }
  return found.map(([each, id]) => ({ kind: each, id, from }))
}

beforeAll(async () => {
  const env = { MAX_QUERY_COMPLEXITY: '100000', MAX_QUERY_TOKENS: '20000' }
  node = await startNode({ databaseUrl: await freshDatabase(), env })
  const others = [['owner'], ['friend'], ['engine', 'service'], ['root', 'admin']] as const
  for (const [who, role] of [...ROLES.map((each) => [each, each] as const), ...others]) {
    const roles = role === undefined || role === 'stranger' ? [] : [role]
    const caller = await createCaller(
      node,
      who === 'visitor' ? undefined : who,
      who === 'visitor' ? [] : roles,
    )
    callers.set(who, caller)
    await caller.answer('{ viewer { user { id } } }')
  }
  const people = ['visitor', 'stranger', 'moderator'] as const
  const openRoom = await makeRoom(node, as('owner').token ?? '')
  await as('stranger').ask(`mutation { joinRoom(roomId: "${openRoom}") { __typename } }`)
  const openAuction = await makeAuction(node, as('owner').token ?? '', openRoom)
  open = {
    roomId: openRoom,
    auctionId: openAuction,
    userId: 'friend',
    userIds: 'friend',
    sellerId: 'friend',
    mentions: 'friend',
  }
  const direct = 'mutation { openDirectRoom(userId: "friend") { ... on RoomPayload { room { id } } } }'
  const { room } = await as('owner').ask<{ room: Named }>(direct)
  const notify = `mutation ($key: String!) { notify(input: { userIds: ["friend"], kind: CUSTOM, title: "t", body: "b", idempotencyKey: $key }) {
    ... on NotifyPayload { notifications { id } } } }`
  const { notifications } = await as('engine').ask<{ notifications: readonly Named[] }>(notify, {
    key: randomUUID(),
  })
  hidden = [
    ...(await furnish('AUCTION', 'MEMBERS', people)),
    ...(await furnish('TRADE', 'MEMBERS', people)),
    ...(await furnish('CHAT', 'ADMIN', [...people, 'service'])),
    { kind: 'room', id: room.id, from: ROLES },
    { kind: 'message', id: await send(as('owner'), room.id), from: ROLES },
    { kind: 'notification', id: notifications[0]?.id ?? '', from: ROLES },
    { kind: 'announcement', id: await announce(as('root'), { audience: 'ADMIN' }), from: people },
  ]
}, 60_000)

afterAll(async () => {
  for (const caller of callers.values()) await caller[Symbol.asyncDispose]()
  await node?.[Symbol.asyncDispose]()
})

/** An unused id of the same form. */
const madeUp = (id: string): string =>
  id.replace(/[\da-z]{12}$/i, (end) =>
    [...end]
      .reverse()
      .join('')
      .replace(/./g, (char) => (char === '0' ? '1' : '0')),
  )

/** The complete response, without what differs between requests. */
async function answerTo(
  role: Role,
  field: RootField,
  slot: Slot,
  id: string,
  isFull: boolean,
): Promise<string> {
  const variables = variablesOf(field, (each) => (each.path === slot.path ? id : open[each.name]), isFull)
  const given =
    field.operation === 'subscription'
      ? await begun(role, field, variables)
      : await as(role).answer(field.document, variables)
  return JSON.stringify(given)
    .replaceAll(id, '<id>')
    .replace(/"(?:cursor|at|\w+_(?:cursor|at|updatedAt|createdAt|serverTime))":"[^"]*"/g, '')
    .replace(/text \d+ \d+/g, '<text>')
}

async function begun(
  role: Role,
  field: RootField,
  variables: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const recording = as(role).record<unknown>(field.document, variables)
  const first = await Promise.race([
    recording.take(1).catch((error: unknown) => String(error)),
    recording.ended,
  ])
  recording.stop()
  return first ?? 'complete'
}

test('Every id argument is among those compared', () => {
  const names = FIELDS.flatMap(slotsOf)
    .filter(isId)
    .map(({ name }) => name)
  expect([...new Set(names)].filter((name) => !(name in KINDS_OF))).toEqual([])
  expect(FIELDS.length).toBeGreaterThan(45)
})

describe.each(ROLES)('A %s learns nothing from the response to an existing but invisible id', (role) => {
  test.each(FIELDS.map((field) => [`${field.operation} ${field.name}`, field] as const))(
    'of %s',
    async (_, field) => {
      const differences: unknown[] = []
      for (const slot of slotsOf(field).filter(isId)) {
        const kinds = KINDS_OF[slot.name] ?? []
        for (const { id } of hidden.filter(({ kind, from }) => kinds.includes(kind) && from.includes(role))) {
          for (const isFull of [false, true]) {
            const real = await answerTo(role, field, slot, id, isFull)
            const none = await answerTo(role, field, slot, madeUp(id), isFull)
            if (real !== none) differences.push({ path: slot.path, id, real, none })
          }
        }
      }
      expect(differences).toEqual([])
    },
  )
})
