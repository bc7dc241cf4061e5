import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, post, record } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

interface Hammered {
  readonly phase: string
  readonly bidCount: number
  readonly winner: unknown
  readonly leader: unknown
}

describe('three nodes on one PostgreSQL and one Redis', () => {
  let nodes: readonly [TestNode, TestNode, TestNode]
  let seller: string
  let roomId: string

  beforeAll(async () => {
    const databaseUrl = await freshDatabase()
    const options = { databaseUrl, redisUrl: sharedRedisUrl(), env: { REDIS_PREFIX: freshRedisPrefix() } }
    // All at once, on an empty database: one migrates, the others wait.
    nodes = await Promise.all([startNode(options), startNode(options), startNode(options)])
    seller = await nodes[0].token('seller')
    roomId = await makeRoom(nodes[0], seller)
  })

  afterAll(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]()
  })

  test('show a bid that was placed on one of them on all of them, at the same offset and cursor', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    const bidder = await nodes[1].token('ann')
    const clients = nodes.map((node) => connect(node.wsUrl, bidder))
    const recordings = clients.map((client) => record<BidEntry>(client, BIDS, { auctionId }))
    await Promise.all(recordings.map((recording) => recording.take(1)))

    const { cursor } = await placeBid(nodes[1], bidder, { auctionId, maximum: 900 })

    const entries = await Promise.all(recordings.map(async (recording) => (await recording.take(2))[1]))
    for (const entry of entries) {
      expect(entry).toMatchObject({
        __typename: 'BidPlaced',
        offset: 1,
        cursor,
        auction: { currentPrice: 500 },
      })
    }
    for (const client of clients) await client.dispose()
  })

  test('racing 1000 bids on one auction make one history without a hole, and one winner', async () => {
    const endsAt = new Date(Date.now() + 3_600_000).toISOString()
    const auctionId = await makeAuction(nodes[0], seller, roomId, { endsAt })
    const bidders = await Promise.all(
      Array.from({ length: 8 }, (_, index) => nodes[0].token(`racer-${index}`)),
    )
    const clients = nodes.map((node) => connect(node.wsUrl))
    const recordings = clients.map((client) => record<BidEntry>(client, BIDS, { auctionId }))
    await Promise.all(recordings.map((recording) => recording.take(1)))

    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        placeBid(nodes[index % 2] ?? nodes[0], bidders[index % 8] ?? '', {
          auctionId,
          maximum: 500 + index * 37,
        }),
      ),
    )
    const accepted = answers.filter(({ outcome }) => outcome !== undefined)
    expect(accepted.length).toBeGreaterThan(0)
    expect(answers.every(({ outcome, code }) => outcome !== undefined || code === 'BID_BELOW_MINIMUM')).toBe(
      true,
    )

    const hammer = `mutation ($id: ID!) { hammerAuction(auctionId: $id) { ... on AuctionPayload { auction {
      phase winner { user { id } price } leader { id } bidCount } } } }`
    const { data } = await post(nodes[2].url, hammer, { id: auctionId }, seller)
    const { auction } = (data?.['hammerAuction'] ?? {}) as { readonly auction?: Hammered }
    if (auction === undefined) throw new Error('the auction was not hammered')
    expect(auction).toMatchObject({ phase: 'SOLD', winner: { user: auction.leader } })

    const histories = await Promise.all(recordings.map((recording) => recording.take(auction.bidCount + 2)))
    for (const history of histories) {
      expect(history.map(({ offset }) => offset)).toEqual(history.map((_, index) => index))
      expect(history.map(({ cursor }) => cursor)).toEqual(histories[0]?.map(({ cursor }) => cursor))
      expect(history.filter(({ __typename }) => __typename === 'AuctionSold')).toHaveLength(1)
      const prices = history.flatMap(({ auction: shown }) => shown?.currentPrice ?? [])
      expect(prices).toEqual([...prices].sort((a, b) => a - b))
    }
    for (const client of clients) await client.dispose()
  }, 60_000)

  test('open and close an auction on time, exactly once', async () => {
    const startsAt = new Date(Date.now() + 1_000).toISOString()
    const endsAt = new Date(Date.now() + 2_500).toISOString()
    const auctionId = await makeAuction(nodes[0], seller, roomId, { startsAt, endsAt })
    const client = connect(nodes[1].wsUrl)
    const AT = `subscription ($auctionId: ID!) { bids(auctionId: $auctionId) { __typename ... on Event { offset at } } }`
    const recording = record<{ readonly __typename: string; readonly at: string }>(client, AT, { auctionId })

    const [snapshot, started, ended] = await recording.take(3)
    expect(snapshot).toMatchObject({ __typename: 'AuctionSnapshot', offset: 0 })
    expect(started).toMatchObject({ __typename: 'AuctionStarted', offset: 1 })
    expect(ended).toMatchObject({ __typename: 'AuctionUnsold', offset: 2 })
    for (const [entry, due] of [
      [started, startsAt],
      [ended, endsAt],
    ] as const) {
      const lateness = Date.parse(entry?.at ?? '') - Date.parse(due)
      expect(lateness).toBeGreaterThanOrEqual(0)
      expect(lateness).toBeLessThan(1_000)
    }
    await client.dispose()
  })

  test('answer the same key the same, a hundred times in parallel on all of them', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    const bidder = await nodes[0].token('ann')
    const answers = await Promise.all(
      Array.from({ length: 99 }, (_, index) => {
        return placeBid(nodes[index % 3] ?? nodes[0], bidder, {
          auctionId,
          amount: 700,
          idempotencyKey: 'once',
        })
      }),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    const { data } = await post(nodes[2].url, `query ($id: ID!) { auction(id: $id) { bidCount } }`, {
      id: auctionId,
    })
    expect(data).toEqual({ auction: { bidCount: 1 } })
  })
})
