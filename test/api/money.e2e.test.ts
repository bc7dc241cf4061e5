import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import {
  AUCTION_QUERY,
  type Auction,
  type AuctionAnswer,
  type AuctionEntry,
  BIDS,
  type BidAnswer,
  BUY_NOW,
  CANCEL,
  CREATE_AUCTION,
  HAMMER,
  PLACE_BID,
  VOID,
} from './auction-documents.ts'
import { CREATE_ROOM, type RoomAnswer } from './room-documents.ts'

const CREDIT = `mutation ($userId: ID!, $currency: String!, $amount: Amount!, $key: String!) {
  creditWallet(userId: $userId, currency: $currency, amount: $amount, idempotencyKey: $key) {
    ... on WalletPayload { wallet { currency balance held available } }
    ... on Rejected { code field available required } } }`
const WALLET = `query ($currency: String!) { viewer { wallet(currency: $currency) { balance held available } } }`

interface Credited {
  readonly code?: string
  readonly wallet?: { readonly balance: number; readonly held: number; readonly available: number }
}

let node: TestNode
let seller: Caller
let bank: Caller
let roomId: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  seller = await createCaller(node, 'sally')
  bank = await createCaller(node, 'bank', ['service'])
  const input = { name: 'A saleroom', kind: 'AUCTION', visibility: 'PUBLIC' }
  roomId = (await seller.ask<RoomAnswer>(CREATE_ROOM, { input })).room.id
})

afterAll(async () => {
  for (const each of [seller, bank]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

function credit(userId: string, amount: number, key: string = randomUUID()): Promise<Credited> {
  return bank.ask<Credited>(CREDIT, { userId, currency: 'EUR', amount, key })
}

/** Somebody new who has `balance`. */
async function bidder(balance: number): Promise<Caller> {
  const caller = await createCaller(node, `bidder_${randomUUID()}`)
  if (balance > 0) await credit(caller.id, balance)
  return caller
}

async function moneyOf(caller: Caller): Promise<readonly [number, number, number]> {
  const { wallet } = await caller.ask<Required<Credited>>(WALLET, { currency: 'EUR' })
  return [wallet.balance, wallet.held, wallet.available]
}

/** A new funded auction of a new seller, who is owed nothing yet. */
async function lot(input: object = {}): Promise<{ readonly id: string; readonly owner: Caller }> {
  const owner = await bidder(1)
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  const terms = { roomId, title: 'A lot', currency: 'EUR', startingPrice: 500, endsAt, funded: true }
  await owner.ask(WALLET, { currency: 'EUR' })
  const { auction } = await seller.ask<AuctionAnswer>(CREATE_AUCTION, {
    input: { ...terms, sellerId: owner.id, ...input },
  })
  return { id: auction.id, owner }
}

function bid(by: Caller, auctionId: string, offer: object): Promise<BidAnswer> {
  return by.ask<BidAnswer>(PLACE_BID, { input: { auctionId, idempotencyKey: randomUUID(), ...offer } })
}

describe('all wallets of a currency together', () => {
  test('hold no more than the largest amount in total, however many are credited at once', async () => {
    const give = (userId: string, amount: number): Promise<Credited> =>
      bank.ask<Credited>(CREDIT, { userId, currency: 'BIGCOIN', amount, key: randomUUID() })
    const most = Number.MAX_SAFE_INTEGER
    expect(await give('rich', most - 10)).toMatchObject({ wallet: { available: most - 10 } })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => give(`poor ${index}`, 1)))
    expect(answers.filter(({ wallet }) => wallet !== undefined)).toHaveLength(10)
    expect(answers.filter(({ code }) => code === 'INVALID_INPUT')).toHaveLength(10)
    expect(await give('rich', -5)).toMatchObject({ wallet: { available: most - 15 } })
    expect(await give('poor 0', 6)).toMatchObject({ code: 'INVALID_INPUT', field: 'amount' })
    expect(await give('new', 5)).toMatchObject({ wallet: { available: 5 } })
  })
})

describe('a wallet', () => {
  test('is empty before anything was credited', async () => {
    expect(await moneyOf(await bidder(0))).toEqual([0, 0, 0])
  })

  test('is credited by services alone, also that of someone nobody has seen', async () => {
    const userId = `unseen_${randomUUID()}`
    expect(await credit(userId, 100)).toMatchObject({ wallet: { balance: 100, available: 100 } })
    const variables = { userId, currency: 'EUR', amount: 1, key: randomUUID() }
    expect(await seller.refusal(CREDIT, variables)).toBe('FORBIDDEN')
    await using visitor = await createCaller(node)
    expect(await visitor.refusal(CREDIT, variables)).toBe('UNAUTHENTICATED')
    expect(await credit(userId, -40)).toMatchObject({ wallet: { balance: 60 } })
    const refused = { code: 'INSUFFICIENT_FUNDS', available: 60, required: 61 }
    expect(await credit(userId, -61)).toMatchObject(refused)
    expect(await credit(userId, 0)).toMatchObject({ code: 'INVALID_INPUT', field: 'amount' })
  })

  test('is credited once for a key', async () => {
    const userId = `unseen_${randomUUID()}`
    const key = randomUUID()
    await credit(userId, 100, key)
    expect(await credit(userId, 100, key)).toMatchObject({ wallet: { balance: 100 } })
    expect(await credit(userId, 200, key)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })
})

describe('a funded auction', () => {
  test('releases who is outbid, and everybody when it is cancelled', async () => {
    const { id, owner } = await lot()
    const [ann, bob] = [await bidder(2_000), await bidder(3_000)]
    await bid(ann, id, { maximum: 2_000 })
    await bid(bob, id, { maximum: 3_000 })
    expect([await moneyOf(ann), await moneyOf(bob)]).toEqual([
      [2_000, 0, 2_000],
      [3_000, 3_000, 0],
    ])
    await owner.ask(CANCEL, { id, reason: 'Withdrawn' })
    expect(await moneyOf(bob)).toEqual([3_000, 0, 3_000])
  })

  test('takes the price at once from who buys it outright', async () => {
    const { id, owner } = await lot({ buyNowPrice: 900 })
    const ann = await bidder(1_000)
    const answer = await ann.ask<BidAnswer>(BUY_NOW, { auctionId: id, price: 900, key: randomUUID() })
    expect(answer).toMatchObject({ outcome: 'BOUGHT_NOW' })
    expect([await moneyOf(ann), await moneyOf(owner)]).toEqual([
      [100, 0, 100],
      [901, 0, 901],
    ])
  })

  test('never lets one balance lead two auctions', async () => {
    const lots = await Promise.all([lot(), lot(), lot()])
    const ann = await bidder(1_000)
    const answers = await Promise.all(lots.map(({ id }) => bid(ann, id, { maximum: 1_000 })))
    expect(answers.filter(({ outcome }) => outcome === 'LEADING')).toHaveLength(1)
    expect(await moneyOf(ann)).toEqual([1_000, 1_000, 0])
  })
})

describe('voiding a bid', () => {
  test('gives price, leader and holds that the others give, with one entry', async () => {
    const { id, owner } = await lot()
    const [ann, bob] = [await bidder(2_000), await bidder(3_000)]
    await bid(ann, id, { maximum: 1_500 })
    const { bid: struck, cursor } = await bid(bob, id, { maximum: 3_000 })
    const variables = { id: struck?.id ?? '', reason: 'A mistake' }
    expect(await owner.refusal(VOID, variables)).toBe('FORBIDDEN')
    const answer = await seller.ask<AuctionAnswer>(VOID, variables)
    expect(answer.auction).toMatchObject({
      ...{ currentPrice: 500, leader: { id: ann.id }, bidCount: 1, bidderCount: 1 },
    })
    expect([await moneyOf(ann), await moneyOf(bob)]).toEqual([
      [2_000, 1_500, 500],
      [3_000, 0, 3_000],
    ])
    const again = await seller.ask<AuctionAnswer>(VOID, variables)
    expect(again.cursor).toBe(answer.cursor)
    const entries = seller.record<AuctionEntry>(BIDS, { id, after: cursor })
    expect((await entries.take(1))[0]).toMatchObject({ __typename: 'BidVoided', cursor: answer.cursor })
    entries.stop()
    expect(await bid(bob, id, { maximum: 2_000 })).toMatchObject({ bid: { sequence: 3 } })
    const { bidderCount } = await seller.ask<Auction>(AUCTION_QUERY, { id })
    expect(bidderCount).toBe(2)
  })

  test('is refused for a bid that is not there, and after the end', async () => {
    const { id, owner } = await lot()
    const ann = await bidder(1_000)
    const { bid: placed } = await bid(ann, id, { amount: 500 })
    expect(await seller.ask(VOID, { id: 'bid_none', reason: '' })).toMatchObject({ code: 'NOT_FOUND' })
    await owner.ask(HAMMER, { id })
    const late = await seller.ask(VOID, { id: placed?.id ?? '', reason: '' })
    expect(late).toMatchObject({ code: 'INVALID_TRANSITION' })
  })
})
