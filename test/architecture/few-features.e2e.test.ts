import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundledFeatures } from '../../src/features.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { connect, post, record } from '../support/graphql-client.ts'

const FEW = ['users', 'rooms', 'messages']
const TO_JOIN = `mutation ($room: ID!) { joinRoom(roomId: $room) { __typename } }`
const TO_SEND = `mutation ($room: ID!, $id: String!, $body: String!) {
  sendMessage(input: { roomId: $room, clientMessageId: $id, body: $body }) { __typename ... on Rejected { code } }
}`
const MESSAGES = `subscription ($room: ID!, $after: Cursor) {
  messages(roomId: $room, after: $after) {
    __typename ... on Event { cursor } ... on MessageSent { message { body author { id } } }
  }
}`

interface Sent {
  readonly cursor: string
  readonly message?: { readonly body: string }
}

describe('A server of users, rooms and messages', () => {
  let node: TestApp
  let owner: string
  let member: string
  let room: string

  beforeAll(async () => {
    const features = bundledFeatures(null).filter(({ name }) => FEW.includes(name))
    node = await startTestApp({}, { features })
    owner = await node.token('olga')
    member = await node.token('max')
    const created = await post(
      node.url,
      `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: PUBLIC, idempotencyKey: "1" }) {
        __typename ... on RoomPayload { room { id } }
      } }`,
      {},
      owner,
    )
    room = JSON.stringify(created).match(/room_\w+/)?.[0] ?? ''
    await post(node.url, TO_JOIN, { room }, member)
  })

  afterAll(() => node[Symbol.asyncDispose]())

  const send = (id: string, body: string) => post(node.url, TO_SEND, { room, id, body }, member)

  test('has no trace of other features in its schema', async () => {
    const schema = await (await fetch(`${node.url}/schema.graphql`)).text()
    expect(schema).toContain('type Room ')
    const definitions = schema.replace(/"""[\s\S]*?"""|"[^"\n]*"/g, '')
    expect(definitions).not.toMatch(/auction|bid|wallet|leaderboard|announce|notification|portfolio|status/i)
    const { errors } = await post(node.url, '{ auctions { edges { node { id } } } }')
    expect(errors?.[0]?.message).toContain('Cannot query field "auctions"')
  })

  test('shows rooms and members, with what they have read', async () => {
    const query = `query ($room: ID!) {
      room(id: $room) { name kind phase memberCount messagesCursor membership { role unreadCount } }
      rooms { edges { node { id } } } node(id: $room) { __typename id }
    }`
    const { data, errors } = await post(node.url, query, { room }, member)
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({
      room: { name: 'Talk', kind: 'CHAT', phase: 'LIVE', memberCount: 2, membership: { role: 'MEMBER' } },
      node: { __typename: 'Room', id: room },
    })
  })

  test('delivers messages, and resumes after a cursor', async () => {
    const client = connect(node.wsUrl, owner)
    const live = record<Sent>(client, MESSAGES, { room })
    const [snapshot] = await live.take(1)
    expect(await send('1', 'one')).toMatchObject({ data: { sendMessage: { __typename: 'MessagePayload' } } })
    await send('2', 'two')
    expect((await live.take(3)).map(({ message }) => message?.body)).toEqual([undefined, 'one', 'two'])
    const resumed = record<Sent>(client, MESSAGES, { room, after: snapshot?.cursor })
    expect((await resumed.take(2)).map(({ message }) => message?.body)).toEqual(['one', 'two'])
    await client.dispose()
  })

  test('pauses a room, refuses what it cannot do, and says why', async () => {
    const pause = `mutation ($room: ID!) { pauseRoom(roomId: $room) { __typename ... on Rejected { code } } }`
    expect(await post(node.url, pause, { room }, owner)).toMatchObject({
      data: { pauseRoom: { __typename: 'RoomPayload' } },
    })
    const kind = `mutation { createRoom(input: { name: "Sale", kind: AUCTION, visibility: PUBLIC, idempotencyKey: "2" }) {
      __typename
    } }`
    const { errors } = await post(node.url, kind, {}, owner)
    expect(errors?.[0]?.message).toContain('AUCTION')
  })

  test('is ready, and has the endpoints of operators', async () => {
    const admin = await node.token('root', { roles: ['admin'] })
    const authorization = `Bearer ${admin}`
    const statusOf = async (path: string) =>
      (await fetch(`${node.url}${path}`, { headers: { authorization } })).status
    expect(await statusOf('/ready')).toBe(200)
    expect(await statusOf('/stats')).toBe(200)
    expect(await statusOf('/metrics')).toBe(200)
  })
})
