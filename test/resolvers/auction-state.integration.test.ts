import { describe, expect, test } from 'vitest'
import { createRandom } from '../support/random.ts'
import { createFixture, type Fixture, textAt, viewer } from './fixtures.ts'

const BIDDERS = ['ann', 'bob', 'cid', 'dan'].map((name) => viewer(name))
const seller = viewer('seller')
const bank = viewer('bank', 'SERVICE', 'ADMIN')

const CREATE = `mutation ($input: CreateAuctionInput!) {
  createAuction(input: $input) { ... on AuctionPayload { auction { id } } } }`
const BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) { __typename } }`
const VOID = `mutation ($id: ID!) { voidBid(bidId: $id, reason: "At random.") { __typename } }`
const CREDIT = `mutation ($id: ID!, $amount: Amount!, $key: String!) {
  creditWallet(userId: $id, currency: "EUR", amount: $amount, idempotencyKey: $key) { __typename } }`
const SHOWN = `query ($id: ID!) {
  auction(id: $id) {
    currentPrice leader { id } bidCount bidderCount
    bids(first: 100) { edges { node { id amount bidder { id } voidedAt voidReason } } }
    leaderboard { standings { user { id } score } }
  }
}`
const AUDIT = `query ($id: ID!) { auctionAudit(auctionId: $id) {
  entries(first: 1000) { type data } offers(first: 1000) { sequence voidedAt } } }`

interface Shown {
  readonly auction: {
    readonly currentPrice: number | null
    readonly leader: { readonly id: string } | null
    readonly bidCount: number
    readonly bidderCount: number
    readonly bids: {
      readonly edges: readonly {
        readonly node: {
          readonly id: string
          readonly amount: number
          readonly bidder: { readonly id: string }
          readonly voidedAt: string | null
          readonly voidReason: string | null
        }
      }[]
    }
    readonly leaderboard: {
      readonly standings: readonly { readonly user: { readonly id: string }; readonly score: number }[]
    }
  }
}

interface Audit {
  readonly auctionAudit: {
    readonly entries: readonly {
      readonly type: string
      readonly data: {
        readonly standing: { readonly currentPrice: number | null; readonly bidCount: number }
        readonly bid?: { readonly id: string }
        readonly bids?: readonly { readonly id: string }[]
      }
    }[]
  }
}

interface Lot {
  readonly all: Fixture
  readonly id: string
  readonly random: (below: number) => number
}

async function open(funded: boolean, seed: number): Promise<Lot> {
  const all = await createFixture(seller, bank, ...BIDDERS)
  const room = `mutation { createRoom(input: { name: "Sale", kind: AUCTION, visibility: PUBLIC }) {
    ... on RoomPayload { room { id } } } }`
  const roomId = textAt(await all.run(seller, room), 'createRoom', 'room', 'id')
  const endsAt = new Date(Date.now() + 120_000).toISOString()
  const softClose = { windowMs: 600_000, extensionMs: 600_000, capMs: 3_600_000 }
  const input = {
    ...{ roomId, title: 'Lamp', currency: 'EUR', startingPrice: 500, endsAt, funded, softClose },
    reservePrice: 1_500,
  }
  const id = textAt(await all.run(seller, CREATE, { input }), 'createAuction', 'auction', 'id')
  if (funded) {
    for (const { user } of BIDDERS) {
      await all.run(bank, CREDIT, { id: user.id, amount: 6_000, key: `${id} ${user.id}` })
    }
  }
  return { all, id, random: createRandom(seed) }
}

async function shown({ all, id }: Lot): Promise<Shown['auction']> {
  return ((await all.run(bank, SHOWN, { id })) as Shown).auction
}

/** A bid, a maximum, a void, or money that comes or goes. */
async function act(lot: Lot, step: number): Promise<void> {
  const { all, id, random } = lot
  const bidder = BIDDERS[random(BIDDERS.length)] ?? seller
  const what = random(10)
  const { currentPrice, bids } = await shown(lot)
  if (what < 2) {
    const standing = bids.edges.filter(({ node }) => node.voidedAt === null)
    const named = standing[random(standing.length || 1)]
    if (named !== undefined) await all.run(seller, VOID, { id: named.node.id })
  } else if (what === 2) {
    const amount = random(4_000) - 2_500
    await all.run(bank, CREDIT, { id: bidder.user.id, amount: amount || 1, key: `${id} ${step}` })
  } else {
    const value = (currentPrice ?? 450) + 50 * (1 + random(12))
    const offer = random(2) === 0 ? { amount: value } : { maximum: value }
    await all.run(bidder, BID, { input: { auctionId: id, idempotencyKey: `${step}`, ...offer } })
  }
}

function expectAgreement(auction: Shown['auction'], about: string): void {
  const standing = auction.bids.edges.map(({ node }) => node).filter(({ voidedAt }) => voidedAt === null)
  const highest = new Map<string, number>()
  for (const { bidder, amount } of standing) {
    highest.set(bidder.id, Math.max(amount, highest.get(bidder.id) ?? 0))
  }
  const [first] = auction.leaderboard.standings
  expect(auction.bidCount, about).toBe(standing.length)
  expect(auction.bidderCount, about).toBe(highest.size)
  expect(auction.currentPrice, about).toBe(standing[0]?.amount ?? null)
  expect(auction.leader?.id, about).toBe(first?.user.id)
  expect(auction.currentPrice, about).toBe(first?.score ?? null)
  const ranked = auction.leaderboard.standings.map(({ user, score }) => [user.id, score] as const)
  expect(new Map(ranked), about).toEqual(highest)
  for (const { node } of auction.bids.edges) {
    expect(node.voidReason === null, about).toBe(node.voidedAt === null)
  }
}

async function expectAudit({ all, id }: Lot, auction: Shown['auction'], about: string): Promise<void> {
  const { auctionAudit } = (await all.run(bank, AUDIT, { id })) as Audit
  const standing = new Set<string>()
  for (const { type, data } of auctionAudit.entries) {
    if (type === 'BidPlaced' && data.bid !== undefined) standing.add(data.bid.id)
    for (const { id: voided } of data.bids ?? []) expect(standing.delete(voided), about).toBe(true)
    expect(data.standing.bidCount, about).toBe(standing.size)
  }
  expect(auctionAudit.entries.at(-1)?.data.standing.currentPrice ?? null, about).toBe(auction.currentPrice)
  const bids = auction.bids.edges.filter(({ node }) => node.voidedAt === null)
  expect(new Set(bids.map(({ node }) => node.id)), about).toEqual(standing)
}

describe.for([
  ['without money', false],
  ['with money', true],
] as const)('an auction %s, after random bids, maximums and voids', ([, funded]) => {
  // What its clients make of it is held by states/auctions.
  test.for([1, 2])('agrees with itself, and with its audit', async (run) => {
    const seed = (Date.now() % 2 ** 20) * 8 + run
    const about = `seed ${seed}`
    const lot = await open(funded, seed)
    for (let step = 0; step < 50; step += 1) {
      await act(lot, step)
      expectAgreement(await shown(lot), about)
    }
    await expectAudit(lot, await shown(lot), about)
  })
})
