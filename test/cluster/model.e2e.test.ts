import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { amount } from '../../src/engine/kernel/amount.ts'
import { verifyDatabase } from '../../src/engine/verify/verify.ts'
import { DEFAULT_INCREMENTS } from '../../src/features/auctions/rules/increments.ts'
import { type NaiveOffer, NOTHING_BID, naiveBid } from '../features/auctions/auction-naive.ts'
import { FEATURES, openDatabase } from '../support/database.ts'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { createRandom } from '../support/random.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const BIDDERS = 8
const COMMANDS = 150
const RESERVE = 5_000
const TERMS = {
  startingPrice: amount(500),
  reservePrice: amount(RESERVE),
  increments: DEFAULT_INCREMENTS,
}

interface Shown {
  readonly currentPrice: number | null
  readonly leader: { readonly id: string } | null
  readonly bidderCount: number
  readonly reserveMet: boolean
}

describe('random bids of eight bidders on three nodes', () => {
  let nodes: readonly [TestNode, TestNode, TestNode]
  let databaseUrl: string
  let seller: string
  let tokens: readonly string[]
  let roomId: string

  beforeAll(async () => {
    databaseUrl = await freshDatabase()
    const options = { databaseUrl, redisUrl: sharedRedisUrl(), env: { REDIS_PREFIX: freshRedisPrefix() } }
    nodes = await Promise.all([startNode(options), startNode(options), startNode(options)])
    seller = await nodes[0].token('seller')
    tokens = await Promise.all(
      Array.from({ length: BIDDERS }, (_, index) => nodes[0].token(`bidder-${index}`)),
    )
    roomId = await makeRoom(nodes[0], seller)
  })

  afterAll(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]()
  })

  async function shown(auctionId: string): Promise<Shown> {
    const query = `query ($id: ID!) { auction(id: $id) { currentPrice leader { id } bidderCount reserveMet } }`
    const { data } = await post(nodes[2].url, query, { id: auctionId })
    return data?.['auction'] as Shown
  }

  function randomOffer(random: (below: number) => number, price: number): NaiveOffer {
    const kind = random(2) === 0 ? 'amount' : 'maximum'
    // Around the price: ties, refusals and exact steps are common.
    return { bidder: `bidder-${random(BIDDERS)}`, kind, value: Math.max(1, price + (random(60) - 15) * 25) }
  }

  function bidOf(auctionId: string, { kind, value }: NaiveOffer) {
    return { auctionId, ...(kind === 'amount' ? { amount: value } : { maximum: value }) }
  }

  const tokenOf = ({ bidder }: NaiveOffer): string => tokens[Number(bidder.split('-')[1])] ?? ''

  test('one after another are answered as the naive model answers them', async () => {
    const seed = Date.now() % 2 ** 31
    const random = createRandom(seed)
    const auctionId = await makeAuction(nodes[0], seller, roomId, { reservePrice: RESERVE })
    let model = NOTHING_BID
    for (let command = 0; command < COMMANDS; command += 1) {
      const offer = randomOffer(random, model.price ?? 500)
      const node = nodes[random(3)] ?? nodes[0]
      const answer = await placeBid(node, tokenOf(offer), bidOf(auctionId, offer))
      const next = naiveBid(TERMS, model, offer)
      expect([command, answer.outcome !== undefined], `seed ${seed}`).toEqual([command, next !== undefined])
      if (next === undefined) expect(answer.code).toBe('BID_BELOW_MINIMUM')
      else model = next
      expect(await shown(auctionId), `seed ${seed}, command ${command}`).toEqual({
        currentPrice: model.price,
        leader: model.maximums[0] === undefined ? null : { id: model.maximums[0].bidder },
        bidderCount: model.maximums.length,
        reserveMet: (model.price ?? 0) >= RESERVE,
      })
    }
  }, 60_000)

  test('all at once come to what the naive model makes of them in their order of acceptance', async () => {
    const seed = Date.now() % 2 ** 31
    const random = createRandom(seed)
    const auctionId = await makeAuction(nodes[0], seller, roomId, { reservePrice: RESERVE })
    const bids = Array.from({ length: 400 }, (_, index) => {
      const offer = randomOffer(random, 500 + index * 20)
      return placeBid(nodes[random(3)] ?? nodes[0], tokenOf(offer), bidOf(auctionId, offer))
    })
    const answers = await Promise.all(bids)

    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    const { rows } = await client.query<NaiveOffer>(
      `SELECT bidder_id AS bidder, offer_kind AS kind, offer::int AS value FROM ceilings WHERE auction_id = $1 ORDER BY sequence`,
      [auctionId],
    )
    await client.end()
    expect(rows).toHaveLength(answers.filter(({ outcome }) => outcome !== undefined).length)
    let model = NOTHING_BID
    for (const offer of rows) {
      const next = naiveBid(TERMS, model, offer)
      expect(next, `seed ${seed}: the model refuses what was accepted`).toBeDefined()
      model = next ?? model
    }
    expect(await shown(auctionId), `seed ${seed}`).toMatchObject({
      currentPrice: model.price,
      leader: { id: model.maximums[0]?.bidder },
      bidderCount: model.maximums.length,
    })
  }, 60_000)

  test('with money, voiding and withdrawals all at once leave a record that adds up to the last cent', async () => {
    const seed = Date.now() % 2 ** 31
    const random = createRandom(seed)
    const root = await nodes[0].token('root', { roles: ['admin'] })
    const credit = async (bidder: number, value: number, key: string): Promise<void> => {
      const mutation = `mutation ($id: ID!, $value: Amount!, $key: String!) {
        creditWallet(userId: $id, currency: "EUR", amount: $value, idempotencyKey: $key) { __typename } }`
      await post(nodes[random(3)]?.url ?? '', mutation, { id: `bidder-${bidder}`, value, key }, root)
    }
    for (let bidder = 0; bidder < BIDDERS; bidder += 1)
      await credit(bidder, 30_000, `funds ${seed} ${bidder}`)
    const auctions = await Promise.all(
      [0, 1, 2].map(() => makeAuction(nodes[0], seller, roomId, { funded: true, reservePrice: RESERVE })),
    )
    const strike = async (auctionId: string): Promise<void> => {
      const query = `query ($id: ID!) { auction(id: $id) { bids(first: 10) { edges { node { id } } } } }`
      const { data } = await post(nodes[1].url, query, { id: auctionId })
      const { bids } = (data?.['auction'] ?? {}) as {
        readonly bids?: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
      }
      const struck = bids?.edges[random(bids.edges.length || 1)]?.node.id
      const mutation = `mutation ($id: ID!) { voidBid(bidId: $id, reason: "Struck at random.") { __typename } }`
      if (struck !== undefined) await post(nodes[2].url, mutation, { id: struck }, root)
    }
    await Promise.all(
      Array.from({ length: 240 }, async (_, index) => {
        const auctionId = auctions[random(3)] ?? ''
        const offer = randomOffer(random, 500 + index * 40)
        const what = random(12)
        if (what === 0) await strike(auctionId)
        else if (what === 1) await credit(random(BIDDERS), random(4_000) - 3_000, `more ${seed} ${index}`)
        else await placeBid(nodes[random(3)] ?? nodes[0], tokenOf(offer), bidOf(auctionId, offer))
      }),
    )
    const hammer = `mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }`
    await post(nodes[0].url, hammer, { id: auctions[0] }, seller)

    const record = await openDatabase({ url: databaseUrl, directory: '', onConnectionError: () => {} })
    expect(
      await Array.fromAsync(verifyDatabase(record.database, FEATURES.verifications)),
      `seed ${seed}`,
    ).toEqual([])
    await record.close()
  }, 60_000)
})
