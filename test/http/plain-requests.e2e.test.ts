import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

let node: TestNode
let ada: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  ada = await node.token('ada')
})
afterAll(() => node[Symbol.asyncDispose]())

/** What it says, without what is of one answer alone. */
async function send(contentType: string, accept: string, body: string) {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { accept, 'content-type': contentType, authorization: `Bearer ${ada}` },
    body,
  })
  const text = (await response.text()).replace(/err_\w+/g, 'err_')
  return { status: response.status, type: response.headers.get('content-type'), text }
}

const ACCEPTED = [
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json,application/json;q=0.9',
  'application/json, */*',
  'text/html',
]

const REQUESTS: Readonly<Record<string, unknown>> = {
  'a query': { query: '{ viewer { user { id name } } }' },
  'a query with variables': {
    query: 'query Say($message: String!) { echo(message: $message) }',
    variables: { message: 'Grüße' },
  },
  'one of two operations': {
    query: 'query A { a: __typename } query B { b: __typename }',
    operationName: 'B',
  },
  'nulls for what is left away': {
    query: '{ __typename }',
    variables: null,
    operationName: null,
    extensions: null,
  },
  'a refusal that is part of the schema': {
    query: 'mutation { joinRoom(roomId: "no-such-room") { __typename ... on Rejected { code } } }',
  },
  'an error of a resolver': { query: '{ auditLog(roomId: "no-such-room", first: 1) { edges { cursor } } }' },
  'an error beside data': { query: '{ __typename room(id: "\\u0000") { id } }' },
  'a field that there is not': { query: '{ bananas }' },
  'a variable that does not fit': {
    query: 'query ($message: String!) { echo(message: $message) }',
    variables: { message: 1 },
  },
  'no operation of that name': { query: 'query A { __typename }', operationName: 'B' },
  'a subscription': { query: 'subscription { announcements { __typename } }' },
  'no syntax': { query: '{' },
  'no query': {},
  'an unknown hash': { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
  'a parameter too many': { query: '{ __typename }', bananas: 1 },
  'a list of requests': [{ query: '{ __typename }' }],
  'variables that are a list': { query: '{ __typename }', variables: [] },
  'no object': 'text',
}

describe('A plain request, which is run without Yoga, is answered as Yoga would', () => {
  describe.each(ACCEPTED)('to who accepts %s', (accept) => {
    test.each(Object.entries(REQUESTS))('%s', async (_name, request) => {
      const body = JSON.stringify(request)
      // The two types mean the same; only one of them is plain.
      const [plain, byYoga] = [
        await send('application/json', accept, body),
        await send('application/json;charset=utf8', accept, body),
      ]
      expect(plain).toEqual(byYoga)
    })
  })
})
