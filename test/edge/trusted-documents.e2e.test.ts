import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentsOfPages } from '../../src/transport/http/pages.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { openEventStream } from '../support/event-stream.ts'
import { type GraphqlResult, post } from '../support/graphql-client.ts'
import { generateManifest, type TestManifest } from '../support/manifest.ts'
import { makeRoom } from '../support/rooms.ts'
import { openSocket } from '../support/socket.ts'

const SERVER = `
  # Which server is this?
  query Server {
    server { version node }
  }`
const ROOM = 'query Room($id: ID!) { room(id: $id) { ...Named } } fragment Named on Room { name id }'
const TIME = 'subscription Time { serverTime(everyMs: 1000) }'
const JOIN = 'mutation Join($roomId: ID!) { joinRoom(roomId: $roomId) { ... on Rejected { code } } }'
const CREATE = `mutation Create($input: CreateRoomInput!) { createRoom(input: $input) {
  ... on RoomPayload { room { id } } } }`
const UNKNOWN_HASH = 'f'.repeat(64)
const UNTRUSTED = 'query Server { server { version } }'
const LIVE_PAGE = join(import.meta.dirname, '../../web/src/gql/persisted-documents.json')

let manifest: TestManifest
let node: TestApp
let roomId: string

beforeAll(async () => {
  manifest = await generateManifest([SERVER, ROOM, TIME, JOIN, CREATE])
  node = await startTestApp({ TRUSTED_DOCUMENTS: manifest.path, DEMO: 'true' })
  roomId = await makeRoom(node, await node.token('owner'), { name: 'The saleroom' }, CREATE)
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
})

async function postBody(body: object, accept = 'application/graphql-response+json') {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  })
  return { status: response.status, result: (await response.json()) as GraphqlResult }
}

async function get(parameters: Readonly<Record<string, string>>) {
  const response = await fetch(`${node.url}/graphql?${new URLSearchParams(parameters)}`, {
    headers: { accept: 'application/graphql-response+json' },
  })
  return { status: response.status, result: (await response.json()) as GraphqlResult }
}

const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } })
const answered = { data: { server: { version: expect.any(String), node: expect.any(String) } } }
const refusedWith = (code: string, message = expect.any(String)) => ({
  errors: [expect.objectContaining({ message, extensions: expect.objectContaining({ code }) })],
})
const notTrusted = refusedWith('DOCUMENT_NOT_TRUSTED')
const notFound = refusedWith('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')

describe('A node with trusted documents, over HTTP', () => {
  test('runs a document by its hash, in the formats of Apollo and of the specification, with and without prefix', async () => {
    const hash = manifest.hashOf('Server')
    for (const body of [
      { extensions: persisted(hash) },
      { documentId: hash },
      { documentId: `sha256:${hash}` },
      { query: '', documentId: hash },
    ]) {
      const { status, result } = await postBody(body)
      expect({ status, result }).toEqual({ status: 200, result: answered })
    }
    expect((await get({ documentId: hash })).result).toEqual(answered)
    expect((await get({ extensions: JSON.stringify(persisted(hash)) })).result).toEqual(answered)
  })

  test('passes variables to a document referenced by hash', async () => {
    const { result } = await postBody({ documentId: manifest.hashOf('Room'), variables: { id: roomId } })
    expect(result).toEqual({ data: { room: { id: roomId, name: 'The saleroom' } } })
    const { result: missing } = await postBody({ documentId: manifest.hashOf('Room') })
    expect(missing).toMatchObject(refusedWith('BAD_USER_INPUT'))
  })

  test('runs the original text of a document, before the generator normalised it', async () => {
    expect((await postBody({ query: SERVER })).result).toEqual(answered)
    expect((await get({ query: SERVER })).result).toEqual(answered)
  })

  test('runs the text with the __typename that clients add', async () => {
    const { result } = await postBody({
      query: 'query Server { server { version node __typename } }',
      extensions: persisted(UNKNOWN_HASH),
    })
    expect(result).toMatchObject({ data: { server: { __typename: 'ServerInfo' } } })
  })

  test('serves Apollo Client, which sends documents in its own form', async () => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new HttpLink({ uri: `${node.url}/graphql` }),
    })
    const { data } = await client.query({ query: gql(ROOM), variables: { id: roomId } })
    expect(data).toEqual({ room: { __typename: 'Room', id: roomId, name: 'The saleroom' } })
    await expect(client.query({ query: gql(UNTRUSTED) })).rejects.toThrow('trusted documents only')
  })

  test('refuses every other text with a code', async () => {
    for (const query of [
      UNTRUSTED,
      'query Server { server { version node a: __typename } }',
      'query Server { server { version node __typename @include(if: true) } }',
      'query Server { server { version node } } query Other { server { node } }',
      '{ __schema { types { name } } }',
      'query {',
    ]) {
      const { status, result } = await postBody({ query })
      expect({ query, status, result }).toMatchObject({ query, status: 400, result: notTrusted })
      expect(result).not.toHaveProperty('data')
    }
    expect((await get({ query: UNTRUSTED })).result).toMatchObject(notTrusted)
  })

  test('refuses an untrusted text even with a trusted hash', async () => {
    const { result } = await postBody({ query: UNTRUSTED, extensions: persisted(manifest.hashOf('Server')) })
    expect(result).toMatchObject(notTrusted)
  })

  test('answers an unknown hash with the message that clients look for, with 200 for plain JSON', async () => {
    const body = { extensions: persisted(UNKNOWN_HASH) }
    expect(await postBody(body)).toMatchObject({ status: 400, result: notFound })
    expect(await postBody(body, 'application/json')).toMatchObject({ status: 200, result: notFound })
    for (const documentId of ['constructor', '__proto__', 'toString'])
      expect((await postBody({ documentId })).result).toMatchObject(notFound)
  })

  test('does not run a mutation by GET', async () => {
    const { status } = await get({
      documentId: manifest.hashOf('Join'),
      variables: JSON.stringify({ roomId }),
    })
    expect(status).toBe(405)
  })

  test('serves the admin endpoints, but no GraphiQL', async () => {
    for (const path of ['/health', '/ready', '/metrics'])
      expect((await fetch(`${node.url}${path}`)).status).toBe(200)
    const page = await fetch(`${node.url}/graphql`, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(406)
    expect(await page.text()).not.toContain('<html')
  })

  test('runs the documents of its own page at /', async () => {
    const own: Readonly<Record<string, string>> = JSON.parse(await readFile(LIVE_PAGE, 'utf8'))
    const documents = Object.values(own).filter((document) => /\$\w+: \w+!/.test(document))
    expect(documents.length).toBeGreaterThan(20)
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    for (const query of documents) {
      // Without variables: a trusted document fails only because they are missing.
      const id = socket.subscribe(query)
      const { payload } = await socket.receive('error', id)
      expect(payload, query).toEqual(
        expect.arrayContaining([expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })]),
      )
    }
  })

  test('runs the documents of the operations page', async () => {
    const documents = documentsOfPages(false)
    expect(documents.length).toBeGreaterThan(5)
    const admin = await node.token('olga', { roles: ['admin'] })
    for (const query of documents) {
      const { errors = [] } = await post(node.url, query, {}, admin)
      const codes = errors.map(({ extensions }) => extensions?.['code'])
      // Without variables: a trusted and valid document fails only because they are missing.
      expect(codes, query).toEqual(query.includes('$') ? expect.arrayContaining(['BAD_USER_INPUT']) : [])
    }
  })
})

describe('A node with trusted documents, over WebSocket', () => {
  test('runs documents by hash and by text, subscriptions too', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    const payloads = [
      { query: '', extensions: persisted(manifest.hashOf('Server')) },
      { query: '', documentId: manifest.hashOf('Server') },
      { query: SERVER },
    ]
    for (const [index, payload] of payloads.entries()) {
      socket.send({ type: 'subscribe', id: `q${index}`, payload })
      expect((await socket.receive('next', `q${index}`)).payload).toEqual(answered)
    }
    socket.send({
      type: 'subscribe',
      id: 'time',
      payload: { query: '', extensions: persisted(manifest.hashOf('Time')) },
    })
    expect((await socket.receive('next', 'time')).payload).toMatchObject({
      data: { serverTime: expect.any(String) },
    })
    expect((await socket.run(TIME)).data).toMatchObject({ serverTime: expect.any(String) })
  })

  test('refuses the rest with an error frame and stays open', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    expect((await socket.receive('error', socket.subscribe(UNTRUSTED))).payload).toEqual(notTrusted.errors)
    expect((await socket.receive('error', socket.subscribe('subscription { serverTime }'))).payload).toEqual(
      notTrusted.errors,
    )
    socket.send({
      type: 'subscribe',
      id: 'hash',
      payload: { query: '', extensions: persisted(UNKNOWN_HASH) },
    })
    expect((await socket.receive('error', 'hash')).payload).toEqual(notFound.errors)
    expect(await socket.run(SERVER)).toEqual(answered)
  })
})

describe('A node with trusted documents, over server-sent events', () => {
  test('runs a document by its hash from a URL, as EventSource sends it', async () => {
    const address = new URL('/graphql', node.url)
    address.searchParams.set('documentId', manifest.hashOf('Time'))
    const gone = new AbortController()
    const response = await fetch(address, { headers: { accept: 'text/event-stream' }, signal: gone.signal })
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      if (text.includes('serverTime')) break
    }
    gone.abort()
    expect(text).toContain('event: next\ndata: {"data":{"serverTime":')
  })

  test('runs a trusted text and refuses the rest', async () => {
    await using trusted = await openEventStream(node.url, { query: SERVER })
    expect((await trusted.next()).data).toEqual(answered)
    for (const method of ['GET', 'POST'] as const) {
      await using refused = await openEventStream(node.url, { query: UNTRUSTED, method })
      expect((await refused.next()).data).toMatchObject(notTrusted)
    }
  })
})
