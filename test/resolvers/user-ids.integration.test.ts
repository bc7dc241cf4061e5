import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asUserId } from '../../src/engine/kernel/id.ts'
import { findUsers } from '../../src/features/users/users.ts'
import { type Fixture, openFixture, textAt, viewer } from './fixtures.ts'

const owner = viewer('owner')
const service = viewer('service', 'SERVICE')

let all: Fixture & { readonly close: () => Promise<void> }
let rooms: Readonly<Record<'CHAT' | 'TRADE', string>>
let keys = 0

beforeAll(async () => {
  all = await openFixture(owner, service)
  const open = async (kind: string): Promise<string> => {
    const text = `mutation { createRoom(input: { name: "Room", kind: ${kind}, visibility: PUBLIC }) {
      ... on RoomPayload { room { id } } } }`
    return textAt(await all.run(owner, text), 'createRoom', 'room', 'id')
  }
  rooms = { CHAT: await open('CHAT'), TRADE: await open('TRADE') }
})
afterAll(() => all.close())

const REJECTED = '{ __typename ... on Rejected { code field } }'

/** Every mutation that may name users whom nobody has seen yet. */
const MUTATIONS: Readonly<Record<string, (key: string) => string>> = {
  addMember: () => `addMember(roomId: "${rooms.CHAT}", userId: $id)`,
  creditWallet: (key) => `creditWallet(userId: $id, currency: "EUR", amount: 1, idempotencyKey: "${key}")`,
  notify: (key) =>
    `notify(input: { userIds: [$id], kind: CUSTOM, title: "T", body: "B", idempotencyKey: "${key}" })`,
  reportStatus: () => 'reportStatus(input: { kind: UPLOAD, subjectId: "1", state: "on", userId: $id })',
  reportScores: () => `reportScores(roomId: "${rooms.TRADE}", scores: [{ userId: $id, score: 1 }])`,
  reportOrder: (
    key,
  ) => `reportOrder(input: { executionId: "${key}", roomId: "${rooms.TRADE}", orderId: "${key}",
    userId: $id, symbol: "AAPL", side: BUY, type: MARKET, executionType: NEW, quantity: 5 })`,
}

async function answerOf(name: string, id: string): Promise<unknown> {
  const field = MUTATIONS[name]?.(`key ${++keys}`) ?? ''
  const data = await all.run(service, `mutation ($id: ID!) { answer: ${field} ${REJECTED} }`, { id })
  return new Map(Object.entries(Object(data))).get('answer')
}

async function storedName(id: string): Promise<string | undefined> {
  const found = await findUsers(all.services.database, [asUserId(id)])
  return found[0]?.name
}

describe.each(Object.keys(MUTATIONS))('%s', (name) => {
  test.each([
    ['is empty', ''],
    ['has 257 characters', 'x'.repeat(257)],
    ['holds a control character', 'a\u0007b'],
    ['begins like a generated one', 'auc_1'],
  ])('refuses a user whose id %s', async (_, id) => {
    expect(await answerOf(name, id)).toMatchObject({ __typename: 'Rejected', code: 'INVALID_INPUT' })
    expect(await answerOf(name, 'x'.repeat(256))).not.toMatchObject({ __typename: 'Rejected' })
  })

  test('shows a user whose id cannot be a name by one that can', async () => {
    const id = `\u202E${name}\u200b`
    await answerOf(name, id)
    expect(await storedName(id)).toBe(`${name}\u200b`)
    await answerOf(name, '\u200b')
    expect(await storedName('\u200b')).toMatch(/^User [0-9a-f]{8}$/)
  })
})

test('The name of a direct room holds no bidirectional controls', async () => {
  await answerOf('addMember', 'adm\u202Enimda')
  const opened = await all.run(
    owner,
    'mutation ($id: ID!) { openDirectRoom(userId: $id) { ... on RoomPayload { room { name } } } }',
    { id: 'adm\u202Enimda' },
  )
  expect(textAt(opened, 'openDirectRoom', 'room', 'name')).toBe('admnimda & OWNER')
})
