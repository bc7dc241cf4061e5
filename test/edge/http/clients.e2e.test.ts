import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { Client, type ClientOptions, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { createClient } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { openSocket } from '../../support/socket.ts'

const ECHO = 'query Echo($message: String!) { echo(message: $message) }'
const TIME = 'subscription Time { serverTime(everyMs: 100) }'

let node: TestNode
let url: string
let ada: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase(), env: { MAX_CONNECTIONS_PER_USER: '2' } })
  url = `${node.url}/graphql`
  ada = await node.token('ada')
})
afterAll(() => node[Symbol.asyncDispose]())

const sha256 = async (query: string): Promise<string> => createHash('sha256').update(query).digest('hex')

describe('Apollo Client', () => {
  test('subscribes with HttpLink, by its multipart protocol', async () => {
    const client = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url }) })
    const values: unknown[] = []
    const three = Promise.withResolvers<void>()
    const subscription = client.subscribe({ query: gql(TIME) }).subscribe({
      next({ data, error }) {
        values.push(error ?? data)
        if (values.length === 3) three.resolve()
      },
      error: three.reject,
    })
    await three.promise
    subscription.unsubscribe()
    expect(values).toEqual(Array.from({ length: 3 }, () => ({ serverTime: expect.any(String) })))
  })

  test('receives the reason why a subscription is refused', async () => {
    const client = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url }) })
    const query = gql('subscription { bids(auctionId: "none") { __typename } }')
    const refused = Promise.withResolvers<unknown>()
    client
      .subscribe({ query })
      .subscribe({ next: ({ error }) => refused.resolve(error), error: refused.resolve })
    expect(await refused.promise).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  })

  test.each([true, false])(
    'falls back from hashes to texts, with GET for hashes: %s',
    async (useGETForHashedQueries) => {
      const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries })
      const link = persisted.concat(new HttpLink({ uri: url }))
      const client = new ApolloClient({ cache: new InMemoryCache(), link })
      for (const message of ['one', 'two']) {
        const { data } = await client.query({ query: gql(ECHO), variables: { message } })
        expect(data).toEqual({ echo: message })
      }
    },
  )
})

describe('urql', () => {
  function open(exchanges: ClientOptions['exchanges']): Client {
    return new Client({
      url,
      exchanges,
      preferGetMethod: false,
      fetchSubscriptions: true,
      fetchOptions: { headers: { authorization: `Bearer ${ada}` } },
      requestPolicy: 'network-only',
    })
  }

  test('gets each of 30 concurrent queries as JSON, and aborts nothing', async () => {
    const faults: unknown[] = []
    const onFault = (error: unknown): number => faults.push(error)
    process.on('unhandledRejection', onFault)
    onTestFinished(() => void process.off('unhandledRejection', onFault))
    const client = open([fetchExchange])
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, each) => client.query(ECHO, { message: `${each}` }).toPromise()),
    )
    expect(answers.map(({ data, error }) => error ?? data)).toEqual(
      Array.from({ length: 30 }, (_, each) => ({ echo: `${each}` })),
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(faults).toEqual([])
  })

  test('subscribes by fetch', async () => {
    const client = open([fetchExchange])
    const value = Promise.withResolvers<unknown>()
    const { unsubscribe } = client
      .subscription(TIME, {})
      .subscribe(({ data, error }) => value.resolve(error ?? data))
    expect(await value.promise).toEqual({ serverTime: expect.any(String) })
    unsubscribe()
  })

  test.each([true, false])(
    'falls back from hashes to texts, with GET for hashes: %s',
    async (preferGetForPersistedQueries) => {
      const client = open([persistedExchange({ preferGetForPersistedQueries }), fetchExchange])
      for (const message of ['one', 'two']) {
        expect((await client.query(ECHO, { message }).toPromise()).data).toEqual({ echo: message })
      }
    },
  )
})

describe('graphql-sse', () => {
  test('queries and subscribes, accepting only events', async () => {
    const client = createClient({ url, retryAttempts: 0 })
    onTestFinished(() => client.dispose())
    for await (const { data } of client.iterate({ query: ECHO, variables: { message: 'hear' } })) {
      expect(data).toEqual({ echo: 'hear' })
    }
    for await (const { data } of client.iterate({ query: TIME })) {
      expect(data).toEqual({ serverTime: expect.any(String) })
      break
    }
  })
})

describe('A hash without text, on a server without trusted documents', () => {
  const REFUSED = {
    errors: [
      expect.objectContaining({
        message: 'PersistedQueryNotSupported',
        extensions: expect.objectContaining({ code: 'PERSISTED_QUERY_NOT_SUPPORTED' }),
      }),
    ],
  }
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } }

  test('makes clients send the text, over HTTP and WebSocket', async () => {
    const accept = 'application/json'
    const post = (body: object): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { accept, 'content-type': accept }, body: JSON.stringify(body) })
    for (const body of [{ extensions }, { documentId: 'a' }, { query: '', extensions }]) {
      expect(await (await post(body)).json()).toEqual(REFUSED)
    }
    for (const parameter of [
      `extensions=${encodeURIComponent(JSON.stringify(extensions))}`,
      'documentId=a',
    ]) {
      expect(await (await fetch(`${url}?${parameter}`, { headers: { accept } })).json()).toEqual(REFUSED)
    }
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    socket.send({ type: 'subscribe', id: '1', payload: { query: '', extensions } })
    expect((await socket.receive('error', '1')).payload).toEqual(REFUSED.errors)
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }', extensions } })
    expect((await socket.receive('next', '1')).payload).toEqual({ data: { __typename: 'Query' } })
  })
})

describe('A client that offers HTTP/2 by upgrade, as the JDK and curl do', () => {
  test.each([
    ['GET', '/ready', undefined],
    ['POST', '/graphql', '{"query":"{ __typename }"}'],
  ])('is answered over HTTP/1.1: %s %s', async (method, path, body) => {
    const sent = request(`${node.url}${path}`, {
      method,
      headers: {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
        'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    })
    sent.end(body)
    const [response] = await once(sent, 'response')
    response.resume()
    expect(response.statusCode).toBe(200)
  })
})
