import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import {
  AUCTION_QUERY,
  AUCTION_STATE,
  type Auction,
  type AuctionAnswer,
  type AuctionEntry,
  BIDS,
  type BidAnswer,
  BUY_NOW,
  CANCEL,
  CREATE_AUCTION,
  HAMMER,
  lineOf,
  PAUSE,
  PLACE_BID,
  RESUME,
} from './auction-documents.ts'
import { CREATE_ROOM, END_ROOM, PAUSE_ROOM, RESUME_ROOM, type RoomAnswer } from './room-documents.ts'

let node: TestNode
let seller: Caller
let ann: Caller
let bob: Caller
let cid: Caller
let visitor: Caller
let roomId: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  seller = await createCaller(node, 'sally')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  cid = await createCaller(node, 'cid')
  visitor = await createCaller(node)
  roomId = (await createRoom()).id
})

afterAll(async () => {
  for (const each of [seller, ann, bob, cid, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

async function createRoom(input: object = {}): Promise<RoomAnswer['room']> {
  const given = { name: 'A saleroom', kind: 'AUCTION', visibility: 'PUBLIC', ...input }
  const { room } = await seller.ask<RoomAnswer>(CREATE_ROOM, { input: given })
  return room
}

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

function termsOf(input: object): object {
  const endsAt = inMs(3_600_000)
  return { roomId, title: 'A lot', currency: 'EUR', startingPrice: 500, endsAt, ...input }
}

function create(input: object = {}, by: Caller = seller): Promise<AuctionAnswer> {
  return by.ask<AuctionAnswer>(CREATE_AUCTION, { input: termsOf(input) })
}

function bid(by: Caller, auctionId: string, offer: object): Promise<BidAnswer> {
  return by.ask<BidAnswer>(PLACE_BID, { input: { auctionId, idempotencyKey: randomUUID(), ...offer } })
}

function buy(by: Caller, auctionId: string, price: number, key: string = randomUUID()): Promise<BidAnswer> {
  return by.ask<BidAnswer>(BUY_NOW, { auctionId, price, key })
}

function steer(by: Caller, document: string, id: string): Promise<AuctionAnswer> {
  return by.ask<AuctionAnswer>(document, { id, reason: 'Withdrawn' })
}

interface Followed {
  readonly id: string
  readonly entries: Recording<AuctionEntry>
  /** The first `count` entries, each in a line. Fails where more have come. */
  lines(count: number): Promise<readonly string[]>
}

/** A visitor with a connection of its own, for this test. */
async function createListener(): Promise<Caller> {
  const listener = await createCaller(node)
  onTestFinished(() => listener[Symbol.asyncDispose]())
  return listener
}

/** A new auction whose entries a visitor hears, from the cursor of its creation on. */
async function follow(input: object = {}): Promise<Followed> {
  const listener = await createListener()
  const { auction, cursor } = await create(input)
  const entries = listener.record<AuctionEntry>(BIDS, { id: auction.id, after: cursor })
  return {
    id: auction.id,
    entries,
    async lines(count) {
      await entries.take(count)
      const { cursor: head } = await visitor.ask<Auction>(AUCTION_QUERY, { id: auction.id })
      await caughtUp(listener)
      expect(entries.values.at(-1)?.cursor ?? cursor).toBe(head)
      return entries.values.map(lineOf)
    },
  }
}

describe('an English auction that starts at 500, with the default table', () => {
  test('has a lone proxy lead at the starting price', async () => {
    const lot = await follow()
    const answer = await bid(ann, lot.id, { maximum: 1500 })
    expect(answer).toMatchObject({
      outcome: 'LEADING',
      bid: { amount: 500, kind: 'PROXY', sequence: 1, bidder: { id: 'ann' } },
      auction: {
        currentPrice: 500,
        minimumBid: 550,
        leader: { id: 'ann' },
        bidCount: 1,
        bidderCount: 1,
        hasReserve: false,
        reserveMet: true,
      },
    })
    expect(await lot.lines(1)).toEqual(['1 BidPlaced ann 500 PROXY, then 500 ann'])
    expect(answer.cursor).toBe(lot.entries.values[0]?.cursor)
    expect(answer.bid?.id).toBe(lot.entries.values[0]?.bid?.id)
  })

  test.for([
    { offer: { maximum: 1000 }, price: 1050, placed: '1000 PROXY', why: 'one step above it' },
    { offer: { maximum: 1480 }, price: 1500, placed: '1480 PROXY', why: 'at most at the own maximum' },
    { offer: { maximum: 1500 }, price: 1500, placed: '1500 PROXY', why: 'since the earlier wins a tie' },
    { offer: { amount: 1000 }, price: 1050, placed: '1000 MANUAL', why: 'one step above it' },
  ])('has a proxy of 1500 answer $offer at $price, $why', async ({ offer, price, placed }) => {
    const lot = await follow()
    await bid(ann, lot.id, { maximum: 1500 })
    const answer = await bid(bob, lot.id, offer)
    expect(answer).toMatchObject({
      outcome: 'OUTBID',
      bid: { bidder: { id: 'bob' }, sequence: 2 },
      auction: { currentPrice: price, leader: { id: 'ann' }, bidCount: 3, bidderCount: 2 },
    })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      `2 BidPlaced bob ${placed}, then ${placed.split(' ')[0]} bob`,
      `3 BidPlaced ann ${price} PROXY, then ${price} ann`,
    ])
    expect(answer.cursor).toBe(lot.entries.values[2]?.cursor)
    expect(answer.bid?.id).toBe(lot.entries.values[1]?.bid?.id)
  })

  test.for([
    { offer: { maximum: 1520 }, price: 1520, kind: 'PROXY' },
    { offer: { maximum: 1600 }, price: 1550, kind: 'PROXY' },
    { offer: { amount: 2000 }, price: 2000, kind: 'MANUAL' },
  ])('has $offer lead at $price over a proxy of 1500, with one entry', async ({ offer, price, kind }) => {
    const lot = await follow()
    await bid(ann, lot.id, { maximum: 1500 })
    const answer = await bid(bob, lot.id, offer)
    expect(answer).toMatchObject({
      outcome: 'LEADING',
      bid: { amount: price, kind },
      auction: { currentPrice: price, leader: { id: 'bob' } },
    })
    expect(await lot.lines(2)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      `2 BidPlaced bob ${price} ${kind}, then ${price} bob`,
    ])
  })

  test('has a third bidder beat the manual bid of 2000 by one step', async () => {
    const lot = await follow()
    await bid(ann, lot.id, { maximum: 1500 })
    await bid(bob, lot.id, { amount: 2000 })
    const answer = await bid(cid, lot.id, { maximum: 2100 })
    expect(answer).toMatchObject({ outcome: 'LEADING', auction: { currentPrice: 2050, bidderCount: 3 } })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 BidPlaced bob 2000 MANUAL, then 2000 bob',
      '3 BidPlaced cid 2050 PROXY, then 2050 cid',
    ])
  })

  test('refuses a bid that is less than a step above the price, and tells the least', async () => {
    const lot = await follow()
    await bid(ann, lot.id, { amount: 700 })
    const refused = { code: 'BID_BELOW_MINIMUM', minimum: 750 }
    expect(await bid(bob, lot.id, { amount: 720 })).toMatchObject(refused)
    expect(await bid(bob, lot.id, { maximum: 749 })).toMatchObject(refused)
    expect(await lot.lines(1)).toEqual(['1 BidPlaced ann 700 MANUAL, then 700 ann'])
  })

  test('refuses a first bid below the starting price', async () => {
    const { auction } = await create()
    const refused = { code: 'BID_BELOW_MINIMUM', minimum: 500 }
    expect(await bid(ann, auction.id, { amount: 499 })).toMatchObject(refused)
    expect(await bid(ann, auction.id, { maximum: 499 })).toMatchObject(refused)
  })

  test.for([
    { price: 1495, least: 1545 },
    { price: 12750, least: 13000 },
    { price: 20000, least: 20250 },
  ])('takes at least $least above $price', async ({ price, least }) => {
    const { auction } = await create()
    const { auction: after } = await bid(ann, auction.id, { amount: price })
    expect(after.minimumBid).toBe(least)
    expect(await bid(bob, auction.id, { amount: least - 1 })).toMatchObject({ minimum: least })
    expect(await bid(bob, auction.id, { amount: least })).toMatchObject({ outcome: 'LEADING' })
  })

  test('asks for the step of each band of the table, at its foot and at its top', async () => {
    const feet = [1, 100, 500, 2_500, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000]
    const steps = [5, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]
    const tops = [...feet.slice(1).map((foot) => foot - 1), 9_000_000]
    const [low, high] = [await create({ startingPrice: 1 }), await create({ startingPrice: 1 })]
    for (const [index, step] of steps.entries()) {
      const [foot = 0, top = 0] = [feet[index], tops[index]]
      const atFoot = await bid(ann, low.auction.id, { amount: foot })
      const atTop = await bid(ann, high.auction.id, { amount: top })
      expect([atFoot.auction.minimumBid, atTop.auction.minimumBid]).toEqual([foot + step, top + step])
    }
  })

  test('lets a leader raise the own maximum without anybody seeing it', async () => {
    const lot = await follow()
    await bid(ann, lot.id, { maximum: 1500 })
    const refused = { code: 'BID_BELOW_MINIMUM', minimum: 1501 }
    expect(await bid(ann, lot.id, { maximum: 1500 })).toMatchObject(refused)
    expect(await bid(ann, lot.id, { maximum: 1501 })).toMatchObject({
      outcome: 'MAXIMUM_RAISED',
      bid: null,
      auction: { currentPrice: 500, bidCount: 1, myMaximum: 1501 },
    })
    expect(await lot.lines(1)).toHaveLength(1)
    expect(await bob.ask(AUCTION_QUERY, { id: lot.id })).toMatchObject({ myMaximum: null })
  })

  test('shows a leader’s own amount at exactly that price, and keeps the higher maximum', async () => {
    const lot = await follow()
    await bid(ann, lot.id, { maximum: 1500 })
    expect(await bid(ann, lot.id, { amount: 900 })).toMatchObject({
      outcome: 'LEADING',
      auction: { currentPrice: 900, myMaximum: 1500 },
    })
    expect(await bid(ann, lot.id, { amount: 1700 })).toMatchObject({ auction: { myMaximum: 1700 } })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 BidPlaced ann 900 MANUAL, then 900 ann',
      '3 BidPlaced ann 1700 MANUAL, then 1700 ann',
    ])
  })

  test('chooses the step by a table of its own', async () => {
    const increments = [
      { from: 0, step: 7 },
      { from: 1000, step: 90 },
    ]
    const { auction } = await create({ increments })
    expect((await bid(ann, auction.id, { amount: 500 })).auction.minimumBid).toBe(507)
    expect((await bid(bob, auction.id, { amount: 1000 })).auction.minimumBid).toBe(1090)
  })
})

describe('an auction with a reserve of 5000', () => {
  const reservePrice = 5000

  test('is met at once by a maximum that reaches it', async () => {
    const lot = await follow({ reservePrice })
    expect(await bid(ann, lot.id, { maximum: 6000 })).toMatchObject({
      outcome: 'LEADING',
      auction: { currentPrice: 5000, hasReserve: true, reserveMet: true },
    })
    expect(await lot.lines(2)).toEqual([
      '1 BidPlaced ann 5000 PROXY, then 5000 ann',
      '2 ReserveMet, then 5000 ann',
    ])
  })

  test('is not met by a lower maximum; raising it is silent until it reaches the reserve', async () => {
    const lot = await follow({ reservePrice })
    expect(await bid(ann, lot.id, { maximum: 4000 })).toMatchObject({
      outcome: 'LEADING_RESERVE_NOT_MET',
      auction: { currentPrice: 4000, reserveMet: false },
    })
    expect(await bid(ann, lot.id, { maximum: 4500 })).toMatchObject({
      outcome: 'MAXIMUM_RAISED',
      bid: null,
      auction: { currentPrice: 4000, reserveMet: false },
    })
    expect(await bid(ann, lot.id, { maximum: 5200 })).toMatchObject({
      outcome: 'LEADING',
      bid: { amount: 5000 },
      auction: { currentPrice: 5000, reserveMet: true },
    })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 4000 PROXY, then 4000 ann',
      '2 BidPlaced ann 5000 PROXY, then 5000 ann',
      '3 ReserveMet, then 5000 ann',
    ])
    expect(lot.entries.values.map(({ auction }) => auction.reserveMet)).toEqual([false, true, true])
  })

  test('is met by a second bidder at the reserve', async () => {
    const lot = await follow({ reservePrice })
    await bid(ann, lot.id, { maximum: 4000 })
    expect(await bid(bob, lot.id, { maximum: 9000 })).toMatchObject({
      outcome: 'LEADING',
      auction: { currentPrice: 5000, leader: { id: 'bob' } },
    })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 4000 PROXY, then 4000 ann',
      '2 BidPlaced bob 5000 PROXY, then 5000 bob',
      '3 ReserveMet, then 5000 bob',
    ])
  })

  test('asks a full step above a maximum of 4990', async () => {
    const lot = await follow({ reservePrice })
    await bid(ann, lot.id, { maximum: 4990 })
    expect(await bid(bob, lot.id, { maximum: 5010 })).toMatchObject({
      code: 'BID_BELOW_MINIMUM',
      minimum: 5090,
    })
    expect(await bid(bob, lot.id, { maximum: 5090 })).toMatchObject({
      outcome: 'LEADING',
      auction: { currentPrice: 5090, leader: { id: 'bob' } },
    })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 4990 PROXY, then 4990 ann',
      '2 BidPlaced bob 5090 PROXY, then 5090 bob',
      '3 ReserveMet, then 5090 bob',
    ])
  })

  test('goes unsold under the hammer while the reserve is not met', async () => {
    const lot = await follow({ reservePrice })
    await bid(ann, lot.id, { maximum: 4000 })
    expect(await steer(seller, HAMMER, lot.id)).toMatchObject({ auction: { phase: 'UNSOLD', winner: null } })
    expect(await lot.lines(2)).toEqual([
      '1 BidPlaced ann 4000 PROXY, then 4000 ann',
      '2 AuctionUnsold, then 4000 ann',
    ])
  })
})

describe('buying now', () => {
  test('ends the auction at once, sold to the buyer', async () => {
    const lot = await follow({ buyNowPrice: 2000 })
    const answer = await buy(ann, lot.id, 2000)
    expect(answer).toMatchObject({
      outcome: 'BOUGHT_NOW',
      bid: { amount: 2000, kind: 'BUY_NOW' },
      auction: { phase: 'SOLD', buyNowPrice: null, winner: { user: { id: 'ann' }, price: 2000 } },
    })
    expect(await lot.lines(2)).toEqual([
      '1 BidPlaced ann 2000 BUY_NOW, then 2000 ann',
      '2 AuctionSold, then 2000 ann',
    ])
    expect(lot.entries.values[1]?.winner).toMatchObject({ user: { id: 'ann' }, price: 2000 })
    expect(answer.cursor).toBe(lot.entries.values[1]?.cursor)
  })

  test('with a reserve meets it, and leaves a leader there was behind', async () => {
    const lot = await follow({ reservePrice: 5000, buyNowPrice: 7000 })
    await bid(ann, lot.id, { maximum: 4000 })
    expect(await buy(bob, lot.id, 7000)).toMatchObject({ outcome: 'BOUGHT_NOW' })
    expect(await lot.lines(4)).toEqual([
      '1 BidPlaced ann 4000 PROXY, then 4000 ann',
      '2 BidPlaced bob 7000 BUY_NOW, then 7000 bob',
      '3 ReserveMet, then 7000 bob',
      '4 AuctionSold, then 7000 bob',
    ])
  })

  test('at another price than the one offered is PRICE_CHANGED', async () => {
    const { auction } = await create({ buyNowPrice: 2000 })
    expect(await buy(ann, auction.id, 1999)).toMatchObject({ code: 'PRICE_CHANGED' })
    expect(await buy(ann, auction.id, 2001)).toMatchObject({ code: 'PRICE_CHANGED' })
  })

  test('is gone with the first bid, and with a reserve once that is met', async () => {
    const plain = await create({ buyNowPrice: 2000 })
    expect((await bid(ann, plain.auction.id, { maximum: 600 })).auction.buyNowPrice).toBeNull()
    const unavailable = { code: 'BUY_NOW_UNAVAILABLE' }
    expect(await buy(bob, plain.auction.id, 2000)).toMatchObject(unavailable)

    const reserved = await create({ reservePrice: 5000, buyNowPrice: 7000 })
    expect((await bid(ann, reserved.auction.id, { maximum: 4000 })).auction.buyNowPrice).toBe(7000)
    expect((await bid(ann, reserved.auction.id, { maximum: 5000 })).auction.buyNowPrice).toBeNull()
    expect(await buy(bob, reserved.auction.id, 7000)).toMatchObject(unavailable)
  })

  test('is not on offer where none was set', async () => {
    const { auction } = await create()
    expect(await buy(ann, auction.id, 2000)).toMatchObject({ code: 'BUY_NOW_UNAVAILABLE' })
  })

  test('twice with one key buys once', async () => {
    const lot = await follow({ buyNowPrice: 2000 })
    const first = await buy(ann, lot.id, 2000, 'buy once')
    const second = await buy(ann, lot.id, 2000, 'buy once')
    expect([second.outcome, second.bid?.id, second.cursor]).toEqual([
      first.outcome,
      first.bid?.id,
      first.cursor,
    ])
    expect(await buy(ann, lot.id, 2001, 'buy once')).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await lot.lines(2)).toHaveLength(2)
  })
})

describe('a soft close', () => {
  const softClose = { windowMs: 600_000, extensionMs: 900_000, capMs: 1_800_000 }

  test('moves the end by the extension, after the bids of the command', async () => {
    const lot = await follow({ softClose, endsAt: inMs(300_000) })
    await bid(ann, lot.id, { maximum: 1500 })
    const { auction } = await bid(bob, lot.id, { maximum: 1000 })
    expect(await lot.lines(4)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 AuctionExtended, then 500 ann',
      '3 BidPlaced bob 1000 PROXY, then 1000 bob',
      '4 BidPlaced ann 1050 PROXY, then 1050 ann',
    ])
    const extended = lot.entries.values[1]
    expect(extended?.previousEndsAt).toBe(auction.originalEndsAt)
    expect(Date.parse(extended?.auction.endsAt ?? '') - Date.parse(extended?.at ?? '')).toBe(900_000)
    expect(auction).toMatchObject({ extensionCount: 1, endsAt: extended?.auction.endsAt })
  })

  test('follows ReserveMet in a command that does all', async () => {
    const lot = await follow({ softClose, reservePrice: 5000, endsAt: inMs(300_000) })
    await bid(ann, lot.id, { maximum: 6000 })
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 5000 PROXY, then 5000 ann',
      '2 ReserveMet, then 5000 ann',
      '3 AuctionExtended, then 5000 ann',
    ])
  })

  test('moves the end again from within the extended time', async () => {
    const endsAt = inMs(1_500)
    const soft = { windowMs: 5_000, extensionMs: 5_000, capMs: 60_000 }
    const [lot, other] = [await follow({ softClose: soft, endsAt }), await follow({ endsAt })]
    const first = await bid(ann, lot.id, { amount: 500 })
    // What ends at the same time, and is not extended, says when the original end is over.
    await other.lines(1)
    const second = await bid(bob, lot.id, { amount: 600 })
    expect(await lot.lines(4)).toEqual([
      '1 BidPlaced ann 500 MANUAL, then 500 ann',
      '2 AuctionExtended, then 500 ann',
      '3 BidPlaced bob 600 MANUAL, then 600 bob',
      '4 AuctionExtended, then 600 bob',
    ])
    const again = lot.entries.values[3]
    expect(again?.previousEndsAt).toBe(first.auction.endsAt)
    expect(Date.parse(again?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(endsAt))
    expect(Date.parse(second.auction.endsAt) - Date.parse(again?.at ?? '')).toBe(5_000)
    expect(second.auction).toMatchObject({ extensionCount: 2, originalEndsAt: endsAt })
  })

  test('stays below its cap, does not shorten, and is not moved by a silent raise', async () => {
    const capped = await follow({ softClose: { ...softClose, capMs: 60_000 }, endsAt: inMs(300_000) })
    const { auction } = await bid(ann, capped.id, { maximum: 1500 })
    expect(Date.parse(auction.endsAt) - Date.parse(auction.originalEndsAt)).toBe(60_000)
    await bid(ann, capped.id, { maximum: 1600 })
    await bid(bob, capped.id, { amount: 1000 })
    expect((await capped.lines(4)).filter((line) => line.includes('AuctionExtended'))).toHaveLength(1)

    const unmoved = await follow({
      softClose: { windowMs: 300_000, extensionMs: 120_000, capMs: 600_000 },
      endsAt: inMs(200_000),
    })
    await bid(ann, unmoved.id, { maximum: 1500 })
    expect(await unmoved.lines(1)).toEqual(['1 BidPlaced ann 500 PROXY, then 500 ann'])
  })
})

describe('steering an auction', () => {
  test('pausing stops bids and the clock; resuming moves the end by the pause', async () => {
    const lot = await follow()
    expect(await steer(seller, PAUSE, lot.id)).toMatchObject({ auction: { phase: 'PAUSED' } })
    expect(await bid(ann, lot.id, { amount: 500 })).toMatchObject({ code: 'AUCTION_PAUSED' })
    expect(await steer(seller, PAUSE, lot.id)).toMatchObject({ auction: { phase: 'PAUSED' } })
    const { auction } = await steer(seller, RESUME, lot.id)
    expect(await steer(seller, RESUME, lot.id)).toMatchObject({ auction: { phase: 'LIVE' } })
    expect(await lot.lines(2)).toEqual([
      '1 AuctionPaused, then null nobody',
      '2 AuctionResumed, then null nobody',
    ])
    const [paused, resumed] = lot.entries.values
    const pauseMs = Date.parse(resumed?.at ?? '') - Date.parse(paused?.at ?? '')
    expect(Date.parse(auction.endsAt) - Date.parse(auction.originalEndsAt)).toBe(pauseMs)
  })

  test('the hammer sells to the leader, in a pause too, and again answers the same', async () => {
    const lot = await follow()
    expect(await steer(seller, HAMMER, lot.id)).toMatchObject({ code: 'NO_BID_TO_HAMMER' })
    await bid(ann, lot.id, { maximum: 900 })
    await steer(seller, PAUSE, lot.id)
    const sold = { auction: { phase: 'SOLD', winner: { user: { id: 'ann' }, price: 500 } } }
    expect(await steer(seller, HAMMER, lot.id)).toMatchObject(sold)
    expect(await steer(seller, HAMMER, lot.id)).toMatchObject(sold)
    expect(await lot.lines(3)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 AuctionPaused, then 500 ann',
      '3 AuctionSold, then 500 ann',
    ])
    expect(await bid(bob, lot.id, { amount: 900 })).toMatchObject({ code: 'AUCTION_ENDED' })
    const outOfOrder = { code: 'INVALID_TRANSITION' }
    expect(await steer(seller, PAUSE, lot.id)).toMatchObject(outOfOrder)
    expect(await steer(seller, RESUME, lot.id)).toMatchObject(outOfOrder)
    expect(await steer(seller, CANCEL, lot.id)).toMatchObject(outOfOrder)
  })

  test('cancelling ends it with a reason, and again answers the same', async () => {
    const lot = await follow()
    await bid(ann, lot.id, { maximum: 900 })
    expect(await steer(seller, CANCEL, lot.id)).toMatchObject({ auction: { phase: 'CANCELLED' } })
    expect(await steer(seller, CANCEL, lot.id)).toMatchObject({ auction: { phase: 'CANCELLED' } })
    expect(await lot.lines(2)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 AuctionCancelled, then 500 ann',
    ])
    expect(lot.entries.values[1]?.reason).toBe('Withdrawn')
    expect(await bid(bob, lot.id, { amount: 900 })).toMatchObject({ code: 'AUCTION_CANCELLED' })
    expect(await steer(seller, HAMMER, lot.id)).toMatchObject({ code: 'INVALID_TRANSITION' })
  })

  test.for(['a\0b', 'a\ud800b', 'x'.repeat(1001)])(
    'cancelling needs a reason that can be kept',
    async (reason) => {
      const { auction } = await create()
      const refused = { code: 'INVALID_INPUT', field: 'reason' }
      expect(await seller.ask(CANCEL, { id: auction.id, reason })).toMatchObject(refused)
    },
  )

  test('a scheduled one can be cancelled, but not paused, resumed or hammered', async () => {
    const lot = await follow({ startsAt: inMs(600_000) })
    expect(await bid(ann, lot.id, { amount: 500 })).toMatchObject({ code: 'AUCTION_NOT_STARTED' })
    for (const document of [PAUSE, RESUME, HAMMER]) {
      expect(await steer(seller, document, lot.id)).toMatchObject({ code: 'INVALID_TRANSITION' })
    }
    expect(await steer(seller, CANCEL, lot.id)).toMatchObject({ auction: { phase: 'CANCELLED' } })
    expect(await lot.lines(1)).toEqual(['1 AuctionCancelled, then null nobody'])
  })

  test('is for the seller and those who run the room; to others it is FORBIDDEN', async () => {
    // A user exists from the first token that was seen.
    await bob.answer('{ viewer { user { id } } }')
    const { auction } = await create({ sellerId: bob.id })
    expect(auction.seller.id).toBe('bob')
    for (const document of [PAUSE, RESUME, HAMMER, CANCEL]) {
      expect(await ann.refusal(document, { id: auction.id, reason: '' })).toBe('FORBIDDEN')
    }
    expect(await steer(bob, PAUSE, auction.id)).toMatchObject({ auction: { phase: 'PAUSED' } })
    expect(await steer(seller, RESUME, auction.id)).toMatchObject({ auction: { phase: 'LIVE' } })
    const admin = await createCaller(node, 'an administrator', ['admin'])
    expect(await steer(admin, PAUSE, auction.id)).toMatchObject({ auction: { phase: 'PAUSED' } })
    const service = await createCaller(node, 'a service', ['service'])
    expect(await steer(service, CANCEL, auction.id)).toMatchObject({ auction: { phase: 'CANCELLED' } })
  })
})

describe('time alone', () => {
  test('opens and closes an auction, each exactly once and within a second', async () => {
    const input = { startsAt: inMs(1_000), endsAt: inMs(2_500) }
    const [sold, unsold] = [await follow(input), await follow(input)]
    expect(await bid(ann, sold.id, { amount: 500 })).toMatchObject({ code: 'AUCTION_NOT_STARTED' })
    const [started] = await sold.entries.take(1)
    expect(started).toMatchObject({ __typename: 'AuctionStarted', auction: { phase: 'LIVE' } })
    await bid(ann, sold.id, { maximum: 900 })

    expect(await unsold.lines(2)).toEqual([
      '1 AuctionStarted, then null nobody',
      '2 AuctionUnsold, then null nobody',
    ])
    expect(await sold.lines(3)).toEqual([
      '1 AuctionStarted, then null nobody',
      '2 BidPlaced ann 500 PROXY, then 500 ann',
      '3 AuctionSold, then 500 ann',
    ])
    for (const { entries } of [sold, unsold]) {
      const [first, last] = [entries.values[0], entries.values.at(-1)]
      expect(lateness(first?.at, first?.auction.startsAt)).toBeLessThan(1_000)
      expect(lateness(last?.at, last?.auction.endsAt)).toBeLessThan(1_000)
    }
    expect(await bid(bob, sold.id, { amount: 900 })).toMatchObject({ code: 'AUCTION_ENDED' })
    // Had one of them come twice, it would have by now: the server looks twice a second.
    const again = visitor.record<AuctionEntry>(BIDS, { id: unsold.id })
    await again.take(1)
    expect(await sold.lines(3)).toHaveLength(3)
    expect(await unsold.lines(2)).toHaveLength(2)
  })

  function lateness(at: string | undefined, due: string | undefined): number {
    const ms = Date.parse(at ?? '') - Date.parse(due ?? '')
    expect(ms).toBeGreaterThanOrEqual(0)
    return ms
  }
})

describe('an idempotency key', () => {
  test('gives the first answer again, also in the end of the auction', async () => {
    const lot = await follow()
    const idempotencyKey = randomUUID()
    const first = await bid(ann, lot.id, { maximum: 900, idempotencyKey })
    await bid(bob, lot.id, { maximum: 1000 })
    await steer(seller, HAMMER, lot.id)
    const again = await bid(ann, lot.id, { maximum: 900, idempotencyKey })
    expect([again.outcome, again.cursor, again.bid]).toEqual([first.outcome, first.cursor, first.bid])
    expect(again.auction).toMatchObject({ phase: 'SOLD', leader: { id: 'bob' } })
    expect(await lot.lines(3)).toHaveLength(3)
  })

  test('gives 20 callers at a time one bid', async () => {
    const lot = await follow()
    const idempotencyKey = randomUUID()
    const offer = { maximum: 900, idempotencyKey }
    const answers = await Promise.all(Array.from({ length: 20 }, () => bid(ann, lot.id, offer)))
    const distinct = new Set(answers.map(({ outcome, cursor, bid }) => `${outcome} ${cursor} ${bid?.id}`))
    expect(distinct.size).toBe(1)
    expect(await lot.lines(1)).toEqual(['1 BidPlaced ann 500 PROXY, then 500 ann'])
  })

  test('creates one auction, however many ask at a time', async () => {
    const input = { idempotencyKey: randomUUID(), endsAt: inMs(3_600_000) }
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(input)))
    expect(new Set(answers.map(({ auction, cursor }) => `${auction?.id} ${cursor}`)).size).toBe(1)
    expect(await create({ ...input, title: 'Another' })).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('is refused with another input, another auction or another mutation', async () => {
    const [one, other] = [await create({ buyNowPrice: 2000 }), await create()]
    const idempotencyKey = randomUUID()
    await bid(ann, one.auction.id, { maximum: 900, idempotencyKey })
    const reused = { code: 'IDEMPOTENCY_KEY_REUSED' }
    expect(await bid(ann, one.auction.id, { maximum: 901, idempotencyKey })).toMatchObject(reused)
    expect(await bid(ann, one.auction.id, { amount: 900, idempotencyKey })).toMatchObject(reused)
    expect(await bid(ann, other.auction.id, { maximum: 900, idempotencyKey })).toMatchObject(reused)
    expect(await buy(ann, one.auction.id, 2000, idempotencyKey)).toMatchObject(reused)
  })

  test('is one’s own: another caller may use the same', async () => {
    const { auction } = await create()
    const idempotencyKey = randomUUID()
    const first = await bid(ann, auction.id, { maximum: 900, idempotencyKey })
    const second = await bid(bob, auction.id, { maximum: 950, idempotencyKey })
    expect(second).toMatchObject({ outcome: 'LEADING' })
    expect(second.bid?.id).not.toBe(first.bid?.id)
  })

  test('of a refused bid is free again', async () => {
    const { auction } = await create()
    const idempotencyKey = randomUUID()
    expect(await bid(ann, auction.id, { amount: 1, idempotencyKey })).toMatchObject({
      code: 'BID_BELOW_MINIMUM',
    })
    expect(await bid(ann, auction.id, { amount: 500, idempotencyKey })).toMatchObject({ outcome: 'LEADING' })
  })

  test.for([
    { called: 'is empty', idempotencyKey: '' },
    { called: 'is longer than 128 characters', idempotencyKey: 'k'.repeat(129) },
    { called: 'holds U+0000', idempotencyKey: 'a\0b' },
    { called: 'holds half a surrogate pair', idempotencyKey: 'a\ud800' },
  ])('that $called is INVALID_INPUT', async ({ idempotencyKey }) => {
    const { auction } = await create()
    const refused = { code: 'INVALID_INPUT', field: 'idempotencyKey' }
    expect(await bid(ann, auction.id, { amount: 500, idempotencyKey })).toMatchObject(refused)
  })
})

describe('createAuction', () => {
  test.for([
    { field: 'title', input: { title: ' ' } },
    { field: 'title', input: { title: 'x'.repeat(201) } },
    { field: 'title', input: { title: 'a\0b' } },
    { field: 'title', input: { title: 'a\ud800b' } },
    { field: 'description', input: { description: 'x'.repeat(10_001) } },
    { field: 'description', input: { description: 'a\0b' } },
    { field: 'currency', input: { currency: 'eur' } },
    { field: 'currency', input: { currency: '' } },
    { field: 'startingPrice', input: { startingPrice: 0 } },
    { field: 'startingPrice', input: { startingPrice: -500 } },
    { field: 'reservePrice', input: { reservePrice: 499 } },
    { field: 'buyNowPrice', input: { buyNowPrice: 649 } },
    { field: 'buyNowPrice', input: { reservePrice: 5000, buyNowPrice: 4999 } },
    { field: 'increments', input: { increments: [] } },
    { field: 'increments', input: { increments: [{ from: 0, step: 0 }] } },
    {
      field: 'increments',
      input: {
        increments: [
          { from: 100, step: 5 },
          { from: 100, step: 10 },
        ],
      },
    },
    { field: 'softClose', input: { softClose: { windowMs: -1, extensionMs: 1, capMs: 1 } } },
    { field: 'endsAt', input: { endsAt: '2020-01-01T00:00:00.000Z' } },
    { field: 'endsAt', input: { startsAt: '2033-01-01T00:00:00.000Z', endsAt: '2099-01-01T00:00:00.000Z' } },
    { field: 'sellerId', input: { sellerId: 'nobody has seen this one' } },
  ])('refuses $input as INVALID_INPUT, field $field', async ({ field, input }) => {
    expect(await create(input)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test('takes a reserve at the starting price, and a buy-now price of exactly 130 %', async () => {
    const { auction } = await create({ reservePrice: 500, buyNowPrice: 650 })
    expect(auction).toMatchObject({ phase: 'LIVE', buyNowPrice: 650, currentPrice: null, minimumBid: 500 })
  })

  test('writes no entry, and `bids` continues from its cursor', async () => {
    const { auction, cursor } = await create()
    expect(auction.cursor).toBe(cursor)
    const entries = visitor.record<AuctionEntry>(BIDS, { id: auction.id })
    expect((await entries.take(1))[0]).toMatchObject({
      __typename: 'AuctionSnapshot',
      offset: 0,
      cursor,
      reset: false,
    })
  })

  test('is FORBIDDEN unless the caller runs the room', async () => {
    expect(await ann.refusal(CREATE_AUCTION, { input: termsOf({}) })).toBe('FORBIDDEN')
  })

  test('is NOT_FOUND in a room that is not there or not seen', async () => {
    expect(await create({ roomId: 'nowhere' })).toMatchObject({ code: 'NOT_FOUND' })
    const hidden = await createRoom({ visibility: 'MEMBERS' })
    expect(await create({ roomId: hidden.id }, ann)).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('is INVALID_TRANSITION in a room that has ended', async () => {
    const ended = await createRoom()
    await seller.ask(END_ROOM, { roomId: ended.id })
    expect(await create({ roomId: ended.id })).toMatchObject({ code: 'INVALID_TRANSITION' })
  })
})

describe('a bid', () => {
  test.for([
    { offer: {}, field: 'amount' },
    { offer: { amount: 500, maximum: 500 }, field: 'maximum' },
    { offer: { amount: 0 }, field: 'amount' },
    { offer: { maximum: -5 }, field: 'maximum' },
  ])('of $offer is INVALID_INPUT, field $field', async ({ offer, field }) => {
    const { auction } = await create()
    expect(await bid(ann, auction.id, offer)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test('of the seller is SELLER_CANNOT_BID, buying included', async () => {
    const { auction } = await create({ buyNowPrice: 2000 })
    expect(await bid(seller, auction.id, { amount: 500 })).toMatchObject({ code: 'SELLER_CANNOT_BID' })
    expect(await buy(seller, auction.id, 2000)).toMatchObject({ code: 'SELLER_CANNOT_BID' })
  })

  test('is NOT_FOUND for unknown auctions and for those that the bidder may not see', async () => {
    const notFound = { code: 'NOT_FOUND' }
    expect(await bid(ann, 'auc_nowhere', { amount: 500 })).toMatchObject(notFound)
    const hidden = await createRoom({ visibility: 'MEMBERS' })
    const { auction } = await create({ roomId: hidden.id, buyNowPrice: 2000 })
    expect(await bid(ann, auction.id, { amount: 500 })).toMatchObject(notFound)
    expect(await buy(ann, auction.id, 2000)).toMatchObject(notFound)
    for (const document of [PAUSE, RESUME, HAMMER, CANCEL]) {
      expect(await steer(ann, document, auction.id)).toMatchObject(notFound)
      expect(await steer(seller, document, 'auc_nowhere')).toMatchObject(notFound)
    }
    const { data } = await ann.answer(AUCTION_QUERY, { id: auction.id })
    expect(data).toEqual({ auction: null })
    expect(await codeOfEnd(ann.record(BIDS, { id: auction.id }))).toBe('NOT_FOUND')
    expect(await codeOfEnd(ann.record(AUCTION_STATE, { id: auction.id }))).toBe('NOT_FOUND')
  })

  test('waits for its room: not started, paused, ended', async () => {
    const scheduled = await createRoom({ startsAt: inMs(600_000) })
    const early = await create({ roomId: scheduled.id })
    expect(await bid(ann, early.auction.id, { amount: 500 })).toMatchObject({ code: 'AUCTION_NOT_STARTED' })

    const room = await createRoom()
    const { auction } = await create({ roomId: room.id })
    await seller.ask(PAUSE_ROOM, { roomId: room.id })
    expect(await bid(ann, auction.id, { amount: 500 })).toMatchObject({ code: 'AUCTION_PAUSED' })
    await seller.ask(RESUME_ROOM, { roomId: room.id })
    expect(await bid(ann, auction.id, { amount: 500 })).toMatchObject({ outcome: 'LEADING' })
    await seller.ask(END_ROOM, { roomId: room.id })
    expect(await bid(bob, auction.id, { amount: 900 })).toMatchObject({ code: 'AUCTION_ENDED' })
  })
})

describe('a visitor', () => {
  test.for([
    { document: CREATE_AUCTION, variables: { input: termsOf({ roomId: 'any' }) } },
    { document: PLACE_BID, variables: { input: { auctionId: 'any', amount: 500, idempotencyKey: 'k' } } },
    { document: BUY_NOW, variables: { auctionId: 'any', price: 500, key: 'k' } },
    ...[PAUSE, RESUME, HAMMER, CANCEL].map((document) => ({
      document,
      variables: { id: 'any', reason: '' },
    })),
  ])('is UNAUTHENTICATED for $document', async ({ document, variables }) => {
    expect(await visitor.refusal(document, variables)).toBe('UNAUTHENTICATED')
  })
})

describe('bids', () => {
  test('go on from any cursor with exactly what came after, over any number of cuts', async () => {
    const lot = await follow()
    const maximums = [600, 700, 800, 900, 1000, 1200]
    for (const [index, maximum] of maximums.entries()) {
      await bid(index % 2 === 0 ? ann : bob, lot.id, { maximum })
    }
    const all = await lot.lines(6)
    for (const [index, { cursor }] of lot.entries.values.entries()) {
      const rest = bob.record<AuctionEntry>(BIDS, { id: lot.id, after: cursor })
      expect((await rest.take(all.length - index - 1)).map(lineOf)).toEqual(all.slice(index + 1))
      await caughtUp(bob)
      expect(rest.values).toHaveLength(all.length - index - 1)
      rest.stop()
    }
  })

  test('hand over from `auction.cursor` while others bid, without a gap and without a repetition', async () => {
    const { auction } = await create()
    let isOver = false
    async function bidOn(): Promise<void> {
      for (let index = 0; index < 40; index += 1) {
        await bid(index % 2 === 0 ? ann : bob, auction.id, { amount: 500 + index * 100 })
      }
      isOver = true
    }
    const listener = await createListener()
    const bidding = bidOn()
    const readers: { readonly seen: Auction; readonly entries: Recording<AuctionEntry> }[] = []
    while (!isOver && readers.length < 90) {
      const seen = await visitor.ask<Auction>(AUCTION_QUERY, { id: auction.id })
      readers.push({
        seen,
        entries: listener.record<AuctionEntry>(BIDS, { id: auction.id, after: seen.cursor }),
      })
    }
    await bidding
    expect(readers.length).toBeGreaterThan(3)
    for (const { seen, entries } of readers) {
      // Each bid here is one entry: what the query counted and what came after are all of them.
      const expected = Array.from({ length: 40 - seen.bidCount }, (_, index) => seen.bidCount + index + 1)
      await entries.take(expected.length)
      await caughtUp(listener)
      expect(entries.values.map(({ offset }) => offset)).toEqual(expected)
    }
  })
})

describe('auctionState', () => {
  test.for([99, 60_001, 0, -1])('refuses a period of %i ms', async (everyMs) => {
    const { auction } = await create()
    const recording = visitor.record(AUCTION_STATE, { id: auction.id, everyMs })
    expect(await codeOfEnd(recording)).toBe('BAD_USER_INPUT')
  })

  test.for([100, 60_000])('takes a period of %i ms', async (everyMs) => {
    const { auction } = await create()
    const recording = visitor.record<Auction>(AUCTION_STATE, { id: auction.id, everyMs })
    expect((await recording.take(1))[0]).toMatchObject({ id: auction.id, currentPrice: null })
    recording.stop()
  })

  const PERIOD_MS = 400
  /** What a timer and a socket may take off a period between two arrivals. */
  const TOLERANCE_MS = 40

  test('sends the latest state, and at most one a period', async () => {
    const { auction } = await create()
    const states = await arrivals(auction.id)
    const [first] = await states.until(({ currentPrice }) => currentPrice === null)
    expect(first).toMatchObject({ currentPrice: null })
    for (let index = 0; index < 30; index += 1) {
      await bid(index % 2 === 0 ? ann : bob, auction.id, { amount: 500 + index * 100 })
    }
    await states.until(({ currentPrice }) => currentPrice === 3400)
    expect(Math.min(...states.gaps())).toBeGreaterThan(PERIOD_MS - TOLERANCE_MS)
    expect(states.gaps().length).toBeLessThan(30)
    states.stop()
  })

  test('sends one who joins a running ticker at most one a period, too', async () => {
    const { auction } = await create()
    const early = await arrivals(auction.id)
    await early.until(() => true)
    await bid(ann, auction.id, { amount: 500 })
    await early.until(({ currentPrice }) => currentPrice === 500)
    await bid(bob, auction.id, { amount: 1000 })
    const late = await arrivals(auction.id)
    await late.until(({ currentPrice }) => currentPrice === 1000)
    await bid(ann, auction.id, { amount: 2000 })
    await late.until(({ currentPrice }) => currentPrice === 2000)
    await early.until(({ currentPrice }) => currentPrice === 2000)
    for (const states of [early, late]) {
      expect(Math.min(...states.gaps())).toBeGreaterThan(PERIOD_MS - TOLERANCE_MS)
      states.stop()
    }
  })

  /** The states of an auction as they arrive at a client, and how far apart. */
  async function arrivals(id: string) {
    const times: number[] = []
    const states: Auction[] = []
    let wake = Promise.withResolvers<void>()
    const stop = visitor.client.subscribe<{ readonly auctionState: Auction }>(
      { query: AUCTION_STATE, variables: { id, everyMs: PERIOD_MS } },
      {
        next({ data }) {
          if (!data) return
          times.push(performance.now())
          states.push(data.auctionState)
          wake.resolve()
          wake = Promise.withResolvers()
        },
        error: () => wake.resolve(),
        complete: () => wake.resolve(),
      },
    )
    return {
      stop,
      gaps: (): readonly number[] => times.slice(1).map((time, index) => time - (times[index] ?? 0)),
      async until(fits: (state: Auction) => boolean): Promise<readonly Auction[]> {
        while (!states.some(fits)) await wake.promise
        return states
      },
    }
  }
})
