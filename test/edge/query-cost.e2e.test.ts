import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type Caller, codeOfEnd, createCaller } from '../support/caller.ts'
import { openSocket } from '../support/socket.ts'

/** 450: a burst of 1320 holds two. */
const DEAR = 'query Dear { rooms(first: 100) { edges { node { id name kind phase } } } }'
const DEAR_MUTATION = `mutation ($id: ID!) { ${Array.from({ length: 40 }, (_, n) => `m${n}: setTyping(roomId: $id, typing: false)`).join(' ')} }`
/** Over 300, so that an empty bucket takes half a minute to pay for it. */
const DEAR_SUBSCRIPTION = `subscription { announcements { ${Array.from({ length: 300 }, (_, n) => `t${n}: __typename`).join(' ')} } }`
const LIMITED = { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) }

let node: TestApp

beforeAll(async () => {
  node = await startTestApp({ QUERY_COST_PER_SECOND: '10', MUTATIONS_PER_SECOND: '100000' })
})

afterAll(() => node[Symbol.asyncDispose]())

async function somebody(sub: string, roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, sub, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

const codesOf = async (caller: Caller, query: string, count: number): Promise<readonly unknown[]> => {
  const codes: unknown[] = []
  for (let each = 0; each < count; each += 1) {
    const { errors } = await caller.answer(query, { id: 'room_none' })
    codes.push(errors?.[0]?.extensions?.['code'])
  }
  return codes
}

describe('what operations cost', () => {
  test('is bounded per user: RATE_LIMITED with a time, 429 with Retry-After over HTTP; others are served', async () => {
    const [ann, bob] = [await somebody('ann'), await somebody('bob')]
    expect(await codesOf(ann, DEAR, 6)).toContain('RATE_LIMITED')
    const response = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.token}` },
      body: JSON.stringify({ query: DEAR }),
    })
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(1)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: LIMITED }] })
    expect(await codesOf(bob, DEAR, 1)).toEqual([undefined])
  })

  test('is one bucket per user for HTTP, WebSockets, queries, mutations and subscriptions', async () => {
    const eve = await somebody('eve')
    expect(await codesOf(eve, DEAR_MUTATION, 6)).toContain('RATE_LIMITED')
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: eve.token })
    const recording = eve.record(DEAR_SUBSCRIPTION)
    expect(await codeOfEnd(recording)).toBe('RATE_LIMITED')
    const { payload } = await socket.receive('error', socket.subscribe(DEAR))
    expect(payload).toMatchObject([{ extensions: LIMITED }])
  })

  test('is bounded jointly for the visitors of an address', async () => {
    const [one, two] = [await createCaller(node), await createCaller(node)]
    const codes = [...(await codesOf(one, DEAR, 3)), ...(await codesOf(two, DEAR, 3))]
    expect(codes).toContain('RATE_LIMITED')
  })

  test('is not bounded for services', async () => {
    const service = await somebody('service', ['service'])
    expect(new Set(await codesOf(service, DEAR, 12))).toEqual(new Set([undefined]))
  })

  test('includes uncached documents, valid or not', async () => {
    const dan = await somebody('dan')
    const codes: unknown[] = []
    for (let each = 0; each < 12; each += 1) {
      const unknown = Array.from({ length: 300 }, (_, n) => `unknown${each}x${n}`).join(' ')
      codes.push(...(await codesOf(dan, `{ ${unknown} }`, 1)))
    }
    expect(codes[0]).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(codes.at(-1)).toBe('RATE_LIMITED')
  })
})
