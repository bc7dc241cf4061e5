import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { post } from '../support/graphql-client.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'

const QUOTAS = {
  MAX_OPEN_ROOMS_PER_USER: '4',
  ROOMS_PER_HOUR: '6',
  MAX_OPEN_AUCTIONS_PER_USER: '3',
  CONTACTS_PER_MINUTE: '5',
  DIRECT_ROOMS_PER_HOUR: '2',
}
const REFUSAL = '__typename ... on Rejected { code reason field retryAfterMs }'
const CREATE_ROOM = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { ${REFUSAL} ... on RoomPayload { room { id } } } }`
const CREATE_AUCTION = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) { ${REFUSAL} } }`
const DAY_MS = 86_400_000

let nodes: readonly [TestApp, TestApp]
let people = 0

beforeAll(async () => {
  const shared = {
    DATABASE_URL: await freshDatabase(),
    REDIS_URL: sharedRedisUrl(),
    REDIS_PREFIX: freshRedisPrefix(),
  }
  nodes = [await startTestApp({ ...shared, ...QUOTAS }), await startTestApp({ ...shared, ...QUOTAS })]
})
afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]()
})

async function somebody(...roles: readonly string[]): Promise<string> {
  people += 1
  const token = await nodes[0].token(`somebody-${people}`, { roles })
  await post(nodes[0].url, '{ viewer { user { id } } }', {}, token)
  return token
}

interface Answer {
  readonly __typename: string
  readonly code?: string
  readonly field?: string | null
  readonly reason?: string
  readonly retryAfterMs?: number | null
  readonly room?: { readonly id: string }
}

async function ask(
  token: string,
  document: string,
  variables: object = {},
  node: TestApp = nodes[0],
): Promise<Answer> {
  const { data, errors } = await post(node.url, document, { ...variables }, token)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return Object.values(data ?? {})[0] as Answer
}

const room = (more: object = {}) => ({
  input: { name: 'A room', kind: 'CHAT', visibility: 'MEMBERS', ...more },
})
const countOf = (answers: readonly Answer[], type: string) =>
  answers.filter(({ __typename }) => __typename === type).length

describe('The rooms of one user', () => {
  test('are bounded, even if created concurrently on two nodes', async () => {
    const token = await somebody()
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        ask(token, CREATE_ROOM, room(), nodes[index % 2 === 0 ? 0 : 1]),
      ),
    )
    expect(countOf(answers, 'RoomPayload')).toBe(4)
    const refused = answers.find(({ code }) => code !== undefined)
    expect(refused).toMatchObject({
      code: 'INVALID_INPUT',
      reason: expect.stringContaining('4 rooms'),
      field: null,
    })
  })

  test('free their quota once they have ended, up to an hourly limit', async () => {
    const token = await somebody()
    for (let index = 0; index < 6; index += 1) {
      const made = await ask(token, CREATE_ROOM, room())
      await ask(token, `mutation { endRoom(roomId: "${made.room?.id}") { __typename } }`)
    }
    const refused = await ask(token, CREATE_ROOM, room(), nodes[1])
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
  })

  test.each(['admin', 'service', 'moderator'])('are not bounded for a %s', async (role) => {
    const token = await somebody(role)
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(token, CREATE_ROOM, room())))
    expect(countOf(answers, 'RoomPayload')).toBe(8)
  })
})

describe('The open auctions of one user', () => {
  test('are bounded across all of their rooms, for every creator', async () => {
    const owner = await somebody()
    const [first, second] = [await makeRoom(nodes[0], owner), await makeRoom(nodes[0], owner)]
    for (const roomId of [first, second, second]) await makeAuction(nodes[0], owner, roomId)
    const helper = await somebody()
    const add = `mutation { addMember(roomId: "${first}", userId: "somebody-${people}", role: MODERATOR) { __typename } }`
    await ask(owner, add)
    const input = {
      title: 'A lot',
      currency: 'EUR',
      startingPrice: 5,
      endsAt: new Date(Date.now() + DAY_MS).toISOString(),
    }
    for (const token of [owner, helper]) {
      const answer = await ask(token, CREATE_AUCTION, { input: { ...input, roomId: first } }, nodes[1])
      expect(answer).toMatchObject({
        code: 'INVALID_INPUT',
        reason: expect.stringContaining('3 open auctions'),
      })
    }
    const service = await somebody('service')
    expect(await ask(service, CREATE_AUCTION, { input: { ...input, roomId: first } })).toMatchObject({
      __typename: 'AuctionPayload',
    })
  })
})

describe('People whom one user contacts unasked', () => {
  test('are bounded per minute across nodes: added members and mentions together', async () => {
    const token = await somebody()
    const roomId = await makeRoom(nodes[0], token, { kind: 'CHAT' })
    const add = (id: string, node?: TestApp) =>
      ask(token, `mutation { addMember(roomId: "${roomId}", userId: "${id}") { ${REFUSAL} } }`, {}, node)
    for (const id of ['one', 'two', 'three']) expect((await add(id)).__typename).toBe('MembershipPayload')
    const send = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { ${REFUSAL} } }`
    const message = (mentions: readonly string[]) => ({
      input: { roomId, body: 'Hi', clientMessageId: randomUUID(), mentions },
    })
    expect(await ask(token, send, message(['one', 'two', 'three']), nodes[1])).toMatchObject({
      code: 'RATE_LIMITED',
    })
    expect(await ask(token, send, message(['one', 'two', 'two']), nodes[1])).toMatchObject({
      __typename: 'MessagePayload',
    })
    expect(await add('four', nodes[1])).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: expect.any(Number),
    })
    expect(await ask(token, send, message([]))).toMatchObject({ __typename: 'MessagePayload' })
  })

  test('by direct rooms are bounded per hour; an existing room opens at any time', async () => {
    const token = await somebody()
    const others: string[] = []
    for (let index = 0; index < 3; index += 1) {
      await somebody()
      others.push(`somebody-${people}`)
    }
    const open = (id: string | undefined) =>
      ask(token, `mutation { openDirectRoom(userId: "${id}") { ${REFUSAL} } }`)
    const answers: (string | undefined)[] = []
    for (const id of [...others, others[0]]) {
      const { __typename, code } = await open(id)
      answers.push(code ?? __typename)
    }
    expect(answers).toEqual(['RoomPayload', 'RoomPayload', 'RATE_LIMITED', 'RoomPayload'])
  })
})

describe('A time more than ten years ahead', () => {
  const FAR = '2040-01-01T00:00:00.000Z'
  const LAST = '9999-12-31T23:59:59.999Z'

  test.each([FAR, LAST])('is refused with its field: %s', async (time) => {
    const token = await somebody('admin')
    const roomId = await makeRoom(nodes[0], token)
    await ask(token, `mutation { addMember(roomId: "${roomId}", userId: "muted") { __typename } }`)
    const lot = { roomId, title: 'A lot', currency: 'EUR', startingPrice: 5 }
    const publish = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) { ${REFUSAL} } }`
    const update = `mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { ${REFUSAL} } }`
    const mute = `mutation { muteMember(roomId: "${roomId}", userId: "muted", until: "${time}") { ${REFUSAL} } }`
    const refused = [
      await ask(token, CREATE_AUCTION, { input: { ...lot, endsAt: time } }),
      await ask(token, CREATE_ROOM, room({ startsAt: time })),
      await ask(token, CREATE_ROOM, room({ endsAt: time })),
      await ask(token, update, { input: { roomId, endsAt: time } }),
      await ask(token, publish, { input: { audience: 'GLOBAL', title: 't', body: 'b', expiresAt: time } }),
      await ask(token, mute),
    ]
    expect(refused.map(({ code, field }) => [code, field])).toEqual(
      ['endsAt', 'startsAt', 'endsAt', 'endsAt', 'expiresAt', 'until'].map((field) => [
        'INVALID_INPUT',
        field,
      ]),
    )
  })
})
