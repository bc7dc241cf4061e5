import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startNode, type TestNode } from '../../test/support/node.ts'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { startProxy, type TcpProxy } from '../../test/support/proxy.ts'
import { makeRoom } from '../../test/support/rooms.ts'
import { signToken } from '../../test/support/tokens.ts'
import { type Connection, createRostrumClient, type RostrumClient, type TokenSource } from '../src/index.ts'
import { backoff } from './readers.ts'

const SECONDS = 'subscription { serverTime(everyMs: 100) }'
const VIEWER = '{ viewer { user { id } } }'
const SEND = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }'
const MESSAGES = 'subscription ($roomId: ID!) { messages(roomId: $roomId) { __typename } }'

let node: TestNode
let proxy: TcpProxy
let ada: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  proxy = await startProxy(Number(new URL(node.url).port))
  ada = await node.token('ada')
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

interface Opened extends AsyncDisposable {
  readonly client: RostrumClient
  /** Every state of the connection, in order. */
  readonly states: readonly Connection[]
}

function open(token: TokenSource = null): Opened {
  const client = createRostrumClient({ url: `http://127.0.0.1:${proxy.port}`, token, backoff })
  const states: Connection[] = [client.connection.get()]
  client.connection.subscribe(() => states.push(client.connection.get()))
  return { client, states, [Symbol.asyncDispose]: () => client.dispose() }
}

const kinds = (states: readonly Connection[]): readonly string[] => [
  ...states.map(({ kind }) => kind).filter((kind, index, all) => kind !== all[index - 1]),
]

const NOTHING = { next() {}, error() {}, complete() {} }

function subscribe({ client }: Opened, query: string, variables: object = {}) {
  const sink = { next: vi.fn(), error: vi.fn(), complete: vi.fn() }
  const stop = client.subscribe({ query, variables }, sink)
  return { ...sink, stop }
}

describe('The connection of a client', () => {
  test('is there when something is asked for, says who is signed in, and goes a while after the last', async () => {
    await using opened = open(ada)
    expect(opened.client.connection.get()).toEqual({ kind: 'idle' })
    const { next, stop } = subscribe(opened, SECONDS)
    await vi.waitFor(() => expect(next).toHaveBeenCalled(), 10_000)

    expect(opened.client.connection.get()).toMatchObject({
      kind: 'connected',
      connectionId: expect.stringMatching(/./),
      node: expect.stringMatching(/./),
      user: { id: 'ada', roles: ['USER'] },
      recovered: 0,
    })
    stop()
    await vi.waitFor(() => expect(opened.client.connection.get().kind).toBe('idle'), 10_000)
    expect(kinds(opened.states)).toEqual(['idle', 'connecting', 'connected', 'idle'])
  })

  test('is a visitor’s without a token', async () => {
    await using opened = open()
    const { data } = await opened.client.execute({ query: VIEWER })
    expect(data).toEqual({ viewer: null })
    expect(opened.client.connection.get()).toMatchObject({ kind: 'connected', user: null })
  })

  test('that is lost is found again, and tells how many entries were missed meanwhile', async () => {
    await using opened = open(ada)
    const roomId = await makeRoom(node, ada)
    const { next } = subscribe(opened, MESSAGES, { roomId })
    await vi.waitFor(() => expect(next).toHaveBeenCalledTimes(1), 10_000)

    proxy.shut()
    for (const body of ['one', 'two', 'three']) await send(node.url, roomId, body)
    await vi.waitFor(() => expect(opened.client.connection.get().kind).toBe('reconnecting'), 10_000)
    proxy.open()

    await vi.waitFor(
      () => expect(opened.client.connection.get()).toMatchObject({ kind: 'connected', recovered: 3 }),
      10_000,
    )
    expect(next).toHaveBeenCalledTimes(4)
    expect(kinds(opened.states)).toEqual(['idle', 'connecting', 'connected', 'reconnecting', 'connected'])
  })

  test('that goes silent is noticed, and given up for another', { timeout: 40_000 }, async () => {
    await using opened = open(ada)
    const { next } = subscribe(opened, SECONDS)
    await vi.waitFor(() => expect(next).toHaveBeenCalled(), 10_000)

    proxy.swallow()
    await vi.waitFor(() => expect(opened.client.connection.get().kind).toBe('reconnecting'), 20_000)
    proxy.heal()
    await vi.waitFor(() => expect(opened.client.connection.get().kind).toBe('connected'), 20_000)
  })

  test('is not looked for when nothing is asked for any more', async () => {
    await using opened = open(ada)
    const { next, stop } = subscribe(opened, SECONDS)
    await vi.waitFor(() => expect(next).toHaveBeenCalled(), 10_000)
    proxy.shut()
    try {
      await vi.waitFor(() => expect(opened.client.connection.get().kind).toBe('reconnecting'), 10_000)
      stop()
      await vi.waitFor(() => expect(opened.client.connection.get().kind).toBe('idle'), 10_000)
    } finally {
      proxy.open()
    }
  })

  test('of a client that was disposed of is closed, and what was subscribed to is over', async () => {
    const opened = open(ada)
    const { next, complete, error } = subscribe(opened, SECONDS)
    await vi.waitFor(() => expect(next).toHaveBeenCalled(), 10_000)
    await opened.client.dispose()
    await vi.waitFor(() => expect(complete).toHaveBeenCalledOnce(), 10_000)

    expect(error).not.toHaveBeenCalled()
    expect(() => opened.client.subscribe({ query: SECONDS }, NOTHING)).toThrow('disposed')
  })

  test('knows the server’s time', async () => {
    await using opened = open()
    await opened.client.execute({ query: VIEWER })
    expect(Math.abs(opened.client.clock.offsetMs)).toBeLessThan(500)
  })
})

async function send(url: string, roomId: string, body: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ada}` },
    body: JSON.stringify({
      query: SEND,
      variables: { input: { roomId, body, clientMessageId: randomUUID() } },
    }),
  })
  expect(await response.json()).toEqual({ data: { sendMessage: { __typename: 'MessagePayload' } } })
}

describe('A token', () => {
  test('is renewed before it expires, on the connection that there is', async () => {
    const tokens = vi.fn(() => signToken('ada', { lifetimeMs: 2_000 }))
    await using opened = open(tokens)
    const { next, error } = subscribe(opened, SECONDS)
    // Longer than three tokens live.
    await vi.waitFor(() => expect(tokens.mock.calls.length).toBeGreaterThan(4), { timeout: 20_000 })

    expect(kinds(opened.states)).toEqual(['idle', 'connecting', 'connected'])
    expect(next.mock.calls.length).toBeGreaterThan(20)
    expect(error).not.toHaveBeenCalled()
  })

  test('that cannot be had is asked for again', async () => {
    let asked = 0
    await using opened = open(() => {
      asked += 1
      if (asked < 3) throw new Error('the issuer is away')
      return ada
    })
    expect((await opened.client.execute({ query: VIEWER })).data).toEqual({ viewer: { user: { id: 'ada' } } })
    expect(asked).toBe(3)
  })

  test('that is refused is replaced by the next one', async () => {
    const tokens = ['not a token', ada]
    await using opened = open(() => tokens.shift() ?? ada)
    expect((await opened.client.execute({ query: VIEWER })).data).toEqual({ viewer: { user: { id: 'ada' } } })
  })

  test('that is refused and cannot be replaced ends what is asked for', async () => {
    await using opened = open('not a token')
    await expect(opened.client.execute({ query: VIEWER })).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
      closeCode: 4403,
    })
    expect(opened.client.connection.get()).toMatchObject({ kind: 'closed', closeCode: 4403 })
  })

  test('of another user takes effect at once: subscriptions go on as theirs', async () => {
    const bob = await node.token('bob')
    let token = ada
    await using opened = open(() => token)
    const { next, error } = subscribe(opened, 'subscription { notifications { __typename } }')
    await vi.waitFor(() => expect(next).toHaveBeenCalledTimes(1), 10_000)

    token = bob
    await opened.client.renewToken()
    await vi.waitFor(() => expect(next).toHaveBeenCalledTimes(2), 10_000)
    expect(opened.client.connection.get()).toMatchObject({ kind: 'connected', user: { id: 'bob' } })
    // Of his own history: what was shown before was hers.
    expect(next.mock.lastCall?.[0].data.notifications).toMatchObject({ reset: true })
    expect(error).not.toHaveBeenCalled()
  })
})

describe('A visitor who signs in', () => {
  test('goes on as that user, and so do the subscriptions', async () => {
    const roomId = await makeRoom(node, ada)
    let token: string | null = null
    await using opened = open(() => token)
    const { next, error } = subscribe(opened, MESSAGES, { roomId })
    await vi.waitFor(() => expect(next).toHaveBeenCalledTimes(1), 10_000)
    expect(opened.client.connection.get()).toMatchObject({ kind: 'connected', user: null })

    token = ada
    await opened.client.renewToken()
    await vi.waitFor(
      () => expect(opened.client.connection.get()).toMatchObject({ kind: 'connected', user: { id: 'ada' } }),
      10_000,
    )
    await send(node.url, roomId, 'hello')
    await vi.waitFor(() => expect(next).toHaveBeenCalledTimes(2), 10_000)
    expect(next.mock.lastCall?.[0].data.messages).toMatchObject({ __typename: 'MessageSent' })

    token = null
    await opened.client.renewToken()
    await vi.waitFor(
      () => expect(opened.client.connection.get()).toMatchObject({ kind: 'connected', user: null }),
      10_000,
    )
    expect(error).not.toHaveBeenCalled()
  })
})

describe('A mutation whose answer is lost with the connection', () => {
  async function cutDuring(query: string, variables: object) {
    await using opened = open(ada)
    await opened.client.execute({ query: VIEWER })
    proxy.swallow()
    const answer = opened.client.execute<Record<string, unknown>, object>({ query, variables })
    const settled = Promise.allSettled([answer])
    proxy.cut()
    proxy.heal()
    const [outcome] = await settled
    return outcome
  }

  test('is sent again where it has a key', async () => {
    const roomId = await makeRoom(node, ada)
    const outcome = await cutDuring(SEND, { input: { roomId, body: 'hello', clientMessageId: randomUUID() } })
    expect(outcome).toMatchObject({ value: { data: { sendMessage: { __typename: 'MessagePayload' } } } })
  })

  test('is the caller’s to judge where it has none', async () => {
    const roomId = await makeRoom(node, ada)
    const mutation = 'mutation ($roomId: ID!) { startRoom(roomId: $roomId) { __typename } }'
    const outcome = await cutDuring(mutation, { roomId })
    expect(outcome).toMatchObject({ reason: { code: 'OUTCOME_UNKNOWN' } })
  })
})

describe('Errors of GraphQL', () => {
  test('are part of the result', async () => {
    await using opened = open(ada)
    const { errors } = await opened.client.execute({ query: '{ bananas }' })
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
  })
})
