import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

let node: TestNode
let ada: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  ada = await node.token('ada')
})
afterAll(() => node[Symbol.asyncDispose]())

/** The response, without what is specific to it. */
async function shown(response: Response) {
  const text = (await response.text()).replace(/err_\w+/g, 'err_')
  return { status: response.status, type: response.headers.get('content-type'), text }
}

async function post(accept: string, request: object) {
  const headers = { accept, 'content-type': 'application/json', authorization: `Bearer ${ada}` }
  return shown(await fetch(`${node.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(request) }))
}

async function get(accept: string, request: object) {
  const address = new URL('/graphql', node.url)
  for (const [name, value] of Object.entries(request)) {
    if (value !== null)
      address.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return shown(await fetch(address, { headers: { accept, authorization: `Bearer ${ada}` } }))
}

const ACCEPTED = [
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json,application/json;q=0.9',
  'application/json, */*',
  'text/html',
]

const REQUESTS: Readonly<Record<string, object>> = {
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
  'an error of a resolver': { query: '{ auditLog(roomId: "no-such-room", first: 1) { edges { cursor } } }' },
  'an error next to data': { query: '{ __typename room(id: "\\u0000") { id } }' },
  'a field that there is not': { query: '{ bananas }' },
  'a variable that does not fit': {
    query: 'query ($message: String!) { echo(message: $message) }',
    variables: { message: 1 },
  },
  'no operation of that name': { query: 'query A { __typename }', operationName: 'B' },
  'a subscription': { query: 'subscription { announcements { __typename } }' },
  'no syntax': { query: '{' },
  'an unknown hash': { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
}

describe('A valid operation by POST, which is serialised directly, is answered like Yoga answers it by GET', () => {
  describe.each(ACCEPTED)('accepting %s', (accept) => {
    test.each(Object.entries(REQUESTS))('%s', async (_name, request) => {
      expect(await post(accept, request)).toEqual(await get(accept, request))
    })
  })
})
