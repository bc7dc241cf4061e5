import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream, type ServerEvent } from '../../support/event-stream.ts'
import { connect, record } from '../../support/graphql-client.ts'
import { startNode, type TestNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../../support/rooms.ts'

const COMPLETE = { event: 'complete', data: null }
const METHODS = ['GET', 'POST'] as const

let node: TestNode
let seller: string
let bidders: readonly string[]

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  seller = await node.token('seller')
  bidders = [await node.token('ann'), await node.token('ben')]
})
afterAll(() => node[Symbol.asyncDispose]())

interface Auction {
  readonly auctionId: string
  /** The snapshot before the first bid, then the bids. */
  readonly history: readonly BidEntry[]
}

/** An auction with that many bids: 500, 600 and so on. */
async function auctionWith(bids: number): Promise<Auction> {
  const auctionId = await makeAuction(node, seller, await makeRoom(node, seller))
  const client = connect(node.wsUrl)
  const recording = record<BidEntry>(client, BIDS, { auctionId })
  await recording.take(1)
  for (let bid = 0; bid < bids; bid += 1) await bidOn(auctionId, bid)
  const history = await recording.take(bids + 1)
  await client.dispose()
  return { auctionId, history }
}

async function bidOn(auctionId: string, bid: number): Promise<void> {
  await placeBid(node, bidders[bid % 2] ?? '', { auctionId, amount: 500 + 100 * bid })
}

function entryOf({ data }: ServerEvent): BidEntry {
  return (data as { readonly data: { readonly bids: BidEntry } }).data.bids
}

/** The single event of a refusal with this code. */
function refusal(code: string): ServerEvent {
  return {
    event: 'next',
    data: { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) })] },
  }
}

describe.each(METHODS)('Server-sent events with %s', (method) => {
  test('start with the headers, before the first event', async () => {
    const { auctionId, history } = await auctionWith(1)
    const variables = { auctionId, after: history.at(-1)?.cursor }
    await using stream = await openEventStream(node.url, { query: BIDS, variables, method })
    expect(stream.response.status).toBe(200)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response.headers.get('cache-control')).toContain('no-cache')
  })

  test('carry the result of a query, then complete', async () => {
    const query = 'query ($message: String!) { echo(message: $message) }'
    const variables = { message: 'one\ntwo' }
    await using stream = await openEventStream(node.url, { query, variables, method })
    expect(await stream.rest()).toEqual([{ event: 'next', data: { data: { echo: 'one\ntwo' } } }, COMPLETE])
  })

  test('carry the entries of a subscription as they occur, each with its cursor as id', async () => {
    const { auctionId } = await auctionWith(1)
    await using stream = await openEventStream(node.url, { query: BIDS, variables: { auctionId }, method })
    const snapshot = await stream.next()
    expect(entryOf(snapshot)).toMatchObject({ __typename: 'AuctionSnapshot', offset: 1, reset: false })
    expect(snapshot.id).toBe(entryOf(snapshot).cursor)

    await bidOn(auctionId, 1)
    const bid = await stream.next()
    expect(entryOf(bid)).toMatchObject({ __typename: 'BidPlaced', offset: 2, bid: { amount: 600 } })
    expect(bid.id).toBe(entryOf(bid).cursor)
  })

  test('carry the cursor as id even if the query does not select it', async () => {
    const { auctionId } = await auctionWith(1)
    const query = `subscription { bids(auctionId: "${auctionId}") { __typename } }`
    await using stream = await openEventStream(node.url, { query, method })
    const { id = '' } = await stream.next()
    const headers = { 'last-event-id': id }
    await using resumed = await openEventStream(node.url, {
      query: BIDS,
      variables: { auctionId },
      method,
      headers,
    })
    await bidOn(auctionId, 1)
    expect(entryOf(await resumed.next())).toMatchObject({ __typename: 'BidPlaced', offset: 2 })
  })

  test('of a refused subscription are its errors, then complete', async () => {
    const variables = { auctionId: 'auc_none' }
    await using stream = await openEventStream(node.url, { query: BIDS, variables, method })
    expect(stream.response.status).toBe(200)
    expect(await stream.rest()).toEqual([refusal('NOT_FOUND'), COMPLETE])
  })

  test.each([
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription ($everyMs: Int!) { serverTime(everyMs: $everyMs) }', 'BAD_USER_INPUT'],
  ])('of the wrong operation %j are its errors, and complete', async (query, code) => {
    await using stream = await openEventStream(node.url, { query, method })
    expect(await stream.rest()).toEqual([refusal(code), COMPLETE])
  })

  test('resume after Last-Event-ID, with exactly the entries since', async () => {
    const { auctionId, history } = await auctionWith(4)
    const headers = { 'last-event-id': history[1]?.cursor ?? '' }
    await using stream = await openEventStream(node.url, {
      query: BIDS,
      variables: { auctionId },
      method,
      headers,
    })
    for (const expected of history.slice(2)) {
      const event = await stream.next()
      expect(event.id).toBe(expected.cursor)
      expect(entryOf(event)).toEqual(expected)
    }
    await bidOn(auctionId, 4)
    expect(entryOf(await stream.next())).toMatchObject({ __typename: 'BidPlaced', offset: 5 })
  })

  test('prefer Last-Event-ID to the `after` in the variables', async () => {
    const { auctionId, history } = await auctionWith(3)
    const [, first, second] = history
    const variables = { auctionId, after: first?.cursor }
    const headers = { 'last-event-id': second?.cursor ?? '' }
    await using stream = await openEventStream(node.url, { query: BIDS, variables, method, headers })
    expect(entryOf(await stream.next())).toMatchObject({ offset: 3 })
  })

  test.each([
    ['garbage', async () => 'garbage'],
    ['a cursor of another topic', async () => (await auctionWith(1)).history[1]?.cursor ?? ''],
  ])('end with CURSOR_INVALID where Last-Event-ID is %s', async (_name, make) => {
    const { auctionId } = await auctionWith(1)
    const headers = { 'last-event-id': await make() }
    await using stream = await openEventStream(node.url, {
      query: BIDS,
      variables: { auctionId },
      method,
      headers,
    })
    expect(await stream.rest()).toEqual([refusal('CURSOR_INVALID'), COMPLETE])
  })
})

describe('A mutation as server-sent events', () => {
  const query = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'

  test('works with POST', async () => {
    const variables = { roomId: await makeRoom(node, seller) }
    const headers = { authorization: `Bearer ${bidders[0]}` }
    await using stream = await openEventStream(node.url, { query, variables, method: 'POST', headers })
    expect(await stream.rest()).toEqual([
      { event: 'next', data: { data: { joinRoom: { __typename: 'MembershipPayload' } } } },
      COMPLETE,
    ])
  })

  test('is refused with GET', async () => {
    const variables = { roomId: await makeRoom(node, seller) }
    const headers = { authorization: `Bearer ${bidders[0]}` }
    await using stream = await openEventStream(node.url, { query, variables, headers })
    expect(await stream.rest()).toEqual([refusal('BAD_REQUEST'), COMPLETE])
  })
})

describe('A malformed request for server-sent events', () => {
  test('is answered 400 as JSON', async () => {
    const response = await fetch(`${node.url}/graphql`, { headers: { accept: 'text/event-stream' } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })
})
