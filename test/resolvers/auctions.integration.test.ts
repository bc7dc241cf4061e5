import { describe, expect, test } from 'vitest'
import { createFixture, type Fixture, refusalOf, replay, snapshot, textAt, viewer } from './fixtures.ts'

const seller = viewer('seller')
const ann = viewer('ann')
const bob = viewer('bob')

const AUCTION = `{ id title phase seller { id } startingPrice currentPrice minimumBid hasReserve reserveMet buyNowPrice
  leader { id } bidCount bidderCount cursor endsAt originalEndsAt softClose { windowMs } winner { user { id } price } }`
const CREATE = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) { __typename
  ... on AuctionPayload { cursor auction ${AUCTION} } ... on Rejected { code field } } }`
const BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) { __typename
  ... on BidAccepted { outcome cursor bid { id amount kind sequence bidder { id } } auction ${AUCTION} }
  ... on Rejected { code field minimum } } }`
const BIDS = `subscription { bids(auctionId: "-") { __typename ... on Event { offset }
  ... on AuctionSnapshot { reset auction ${AUCTION} }
  ... on BidPlaced { bid { amount bidder { id } } auction { title currentPrice leader { id } minimumBid bids { edges { node { amount } } } } }
  ... on ReserveMet { auction { reserveMet } } ... on AuctionExtended { previousEndsAt auction { endsAt } }
  ... on AuctionSold { winner { price user { id } } auction { phase } }
  ... on AuctionCancelled { reason auction { phase } } } }`

type Auctions = Fixture & { readonly roomId: string; readonly auctionId: string }

/** A LIVE auction in a room for all, or for members. */
async function auction(terms: object = {}, visibility = 'PUBLIC'): Promise<Auctions> {
  const all = await createFixture(seller, ann, bob)
  const room = `mutation { createRoom(input: { name: "Sale", kind: AUCTION, visibility: ${visibility} }) {
    ... on RoomPayload { room { id } } } }`
  const roomId = textAt(await all.run(seller, room), 'createRoom', 'room', 'id')
  const created = await all.run(seller, CREATE, { input: input(roomId, terms) })
  return { ...all, roomId, auctionId: textAt(created, 'createAuction', 'auction', 'id') }
}

function input(roomId: string, terms: object = {}): object {
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  return { roomId, title: 'Lamp', currency: 'EUR', startingPrice: 500, endsAt, ...terms }
}

let keys = 0
async function bid({ run, auctionId }: Auctions, bidder: typeof ann, offer: object): Promise<unknown> {
  keys += 1
  return run(bidder, BID, { input: { auctionId, idempotencyKey: `k${keys}`, ...offer } })
}

describe('creating an auction', () => {
  test('shows its terms, but never the reserve', async () => {
    const all = await auction({ reservePrice: 5000, buyNowPrice: 9000 })
    expect(await all.run(null, `{ auction(id: "${all.auctionId}") ${AUCTION} }`)).toMatchObject({
      auction: {
        title: 'Lamp',
        phase: 'LIVE',
        seller: { id: 'seller' },
        startingPrice: 500,
        currentPrice: null,
        minimumBid: 500,
        hasReserve: true,
        reserveMet: false,
        buyNowPrice: 9000,
        leader: null,
        bidCount: 0,
        winner: null,
      },
    })
    const everything = JSON.stringify(await all.run(null, `{ auction(id: "${all.auctionId}") ${AUCTION} }`))
    expect(everything).not.toContain('5000')
  })

  test('for another seller requires a known user', async () => {
    const all = await auction()
    expect(await all.run(seller, CREATE, { input: input(all.roomId, { sellerId: 'nobody' }) })).toMatchObject(
      { createAuction: { code: 'INVALID_INPUT', field: 'sellerId' } },
    )
    expect(await all.run(seller, CREATE, { input: input(all.roomId, { sellerId: 'ann' }) })).toMatchObject({
      createAuction: { auction: { seller: { id: 'ann' } } },
    })
  })

  test('again with the same key gives the same auction as it is now', async () => {
    const all = await auction()
    const terms = input(all.roomId, { idempotencyKey: 'once' })
    const first = await all.run(seller, CREATE, { input: terms })
    const auctionId = textAt(first, 'createAuction', 'auction', 'id')
    await bid({ ...all, auctionId }, ann, { amount: 600 })
    expect(await all.run(seller, CREATE, { input: terms })).toMatchObject({
      createAuction: {
        cursor: textAt(first, 'createAuction', 'cursor'),
        auction: { id: auctionId, currentPrice: 600 },
      },
    })
  })
})

describe('bidding', () => {
  test('returns the bid, the auction right after it and the cursor of its history', async () => {
    const all = await auction()
    const answer = await bid(all, ann, { maximum: 1500 })
    expect(answer).toMatchObject({
      placeBid: {
        outcome: 'LEADING',
        bid: { amount: 500, kind: 'PROXY', sequence: 1, bidder: { id: 'ann' } },
        auction: { currentPrice: 500, leader: { id: 'ann' }, minimumBid: 550, bidCount: 1 },
      },
    })
    expect(textAt(answer, 'placeBid', 'cursor')).toBe(textAt(answer, 'placeBid', 'auction', 'cursor'))
    const read = await all.run(null, `{ auction(id: "${all.auctionId}") { cursor } }`)
    expect(textAt(read, 'auction', 'cursor')).toBe(textAt(answer, 'placeBid', 'cursor'))
  })

  test('below the minimum is refused with the minimum', async () => {
    const all = await auction()
    expect(await bid(all, ann, { amount: 499 })).toEqual({
      placeBid: { __typename: 'Rejected', code: 'BID_BELOW_MINIMUM', field: null, minimum: 500 },
    })
  })

  test('again with the same key gives the same outcome and bid, and the auction as it is now', async () => {
    const all = await auction()
    const offer = { idempotencyKey: 'same', amount: 600 }
    const first = await bid(all, ann, offer)
    await bid(all, bob, { amount: 700 })
    expect(await bid(all, ann, offer)).toMatchObject({
      placeBid: {
        outcome: 'LEADING',
        bid: { id: textAt(first, 'placeBid', 'bid', 'id'), amount: 600 },
        cursor: textAt(first, 'placeBid', 'cursor'),
        auction: { currentPrice: 700, leader: { id: 'bob' } },
      },
    })
  })

  test('that only raises a maximum has no bid', async () => {
    const all = await auction()
    await bid(all, ann, { maximum: 1500 })
    expect(await bid(all, ann, { maximum: 2000 })).toMatchObject({
      placeBid: { outcome: 'MAXIMUM_RAISED', bid: null, auction: { currentPrice: 500 } },
    })
  })

  test('is UNAUTHENTICATED for a visitor, and NOT_FOUND if the room is hidden', async () => {
    const all = await auction({}, 'MEMBERS')
    const offer = { auctionId: all.auctionId, amount: 500, idempotencyKey: 'x' }
    expect(await all.codeOf(null, BID, { input: offer })).toBe('UNAUTHENTICATED')
    expect(await bid(all, ann, { amount: 500 })).toMatchObject({ placeBid: { code: 'NOT_FOUND' } })
    expect(
      await all.run(ann, `{ auction(id: "${all.auctionId}") { id } auctions { edges { cursor } } }`),
    ).toEqual({
      auction: null,
      auctions: { edges: [] },
    })
    for (const field of ['bids', 'auctionState']) {
      expect(await refusalOf(all.plan(ann, field, { auctionId: all.auctionId }))).toBe('NOT_FOUND')
    }
  })

  test('buys outright at the price seen', async () => {
    const all = await auction({ buyNowPrice: 9000 })
    const buy = (price: number): Promise<unknown> =>
      all.run(
        ann,
        `mutation { buyNow(auctionId: "${all.auctionId}", price: ${price}, idempotencyKey: "b${price}") {
        ... on BidAccepted { outcome bid { kind amount } auction { phase winner { price user { id } } } }
        ... on Rejected { code } } }`,
      )
    expect(await buy(8000)).toEqual({ buyNow: { code: 'PRICE_CHANGED' } })
    expect(await buy(9000)).toEqual({
      buyNow: {
        outcome: 'BOUGHT_NOW',
        bid: { kind: 'BUY_NOW', amount: 9000 },
        auction: { phase: 'SOLD', winner: { price: 9000, user: { id: 'ann' } } },
      },
    })
  })
})

describe('a maximum', () => {
  test("is its bidder's alone to see", async () => {
    const all = await auction()
    await bid(all, ann, { maximum: 1500 })
    await bid(all, ann, { maximum: 1700 })
    const query = `{ auction(id: "${all.auctionId}") { myMaximum } }`
    expect(await all.run(ann, query)).toEqual({ auction: { myMaximum: 1700 } })
    for (const other of [bob, seller, null]) {
      expect(await all.run(other, query)).toEqual({ auction: { myMaximum: null } })
    }
  })

  test('cannot be read where an execution is shared', async () => {
    const all = await auction()
    const plan = await all.plan(ann, 'bids', { auctionId: all.auctionId })
    const text = 'subscription { bids(auctionId: "-") { ... on AuctionSnapshot { auction { myMaximum } } } }'
    await expect(snapshot(all, plan, text)).rejects.toThrow('is not marked with readsViewer')
  })
})

describe('the history of an auction', () => {
  test('shows each bid with the price and leader of its moment, and the current bids', async () => {
    const all = await auction({ reservePrice: 1000 })
    await bid(all, ann, { maximum: 1500 })
    await bid(all, bob, { maximum: 1200 })
    await all.run(seller, `mutation { hammerAuction(auctionId: "${all.auctionId}") { __typename } }`)
    const plan = await all.plan(null, 'bids', { auctionId: all.auctionId })
    const bids = { edges: [1250, 1200, 1000].map((amount) => ({ node: { amount } })) }
    expect(await replay(all, plan, BIDS)).toMatchObject([
      {
        __typename: 'BidPlaced',
        offset: 1,
        auction: { title: 'Lamp', currentPrice: 1000, minimumBid: 1050, bids },
      },
      { __typename: 'ReserveMet', offset: 2, auction: { reserveMet: true } },
      {
        __typename: 'BidPlaced',
        offset: 3,
        bid: { bidder: { id: 'bob' } },
        auction: { leader: { id: 'bob' } },
      },
      { __typename: 'BidPlaced', offset: 4, bid: { amount: 1250 }, auction: { leader: { id: 'ann' } } },
      {
        __typename: 'AuctionSold',
        offset: 5,
        winner: { price: 1250, user: { id: 'ann' } },
        auction: { phase: 'SOLD' },
      },
    ])
    expect(await snapshot(all, plan, BIDS)).toMatchObject({
      __typename: 'AuctionSnapshot',
      offset: 5,
      auction: { phase: 'SOLD', bidCount: 3 },
    })
  })

  test('never carries a reserve or a maximum', async () => {
    const all = await auction({ reservePrice: 7777 })
    await bid(all, ann, { maximum: 3333 })
    await bid(all, bob, { maximum: 8888 })
    await all.run(
      seller,
      `mutation { cancelAuction(auctionId: "${all.auctionId}", reason: "Broken") { __typename } }`,
    )
    const plan = await all.plan(null, 'bids', { auctionId: all.auctionId })
    const events = await replay(all, plan, BIDS)
    expect(events.at(-1)).toMatchObject({ __typename: 'AuctionCancelled', reason: 'Broken' })
    const stored = plan.kind === 'history' ? await all.history.head(plan.topic) : undefined
    const entries =
      stored && plan.kind === 'history'
        ? await all.history.readAfter(plan.topic, { ...stored, offset: stored.floor }, 100)
        : []
    expect(JSON.stringify([events, entries])).not.toMatch(/8888|reservePrice|maximum/)
  })

  test('as a ticker gives the state now, then the state that each entry carries', async () => {
    const all = await auction()
    const plan = await all.plan(null, 'auctionState', { auctionId: all.auctionId })
    if (plan.kind !== 'latest') throw new Error('auctionState is a ticker')
    expect(plan.everyMs).toBe(250)
    const text = 'subscription { auctionState(auctionId: "-") { currentPrice cursor } }'
    const start = await plan.read()
    expect(start.offset).toBe(0)
    expect(await all.present(text, start.value)).toMatchObject({ auctionState: { currentPrice: null } })
    await bid(all, ann, { amount: 600 })
    const head = await all.history.head(plan.topic)
    const [entry] = head ? await all.history.readAfter(plan.topic, { ...head, offset: head.floor }, 10) : []
    const after = entry && (await plan.fromEntry(entry))
    expect(await all.present(text, after)).toMatchObject({ auctionState: { currentPrice: 600 } })
    for (const everyMs of [99, 60_001]) {
      const refused = all.plan(null, 'auctionState', { auctionId: all.auctionId, everyMs })
      expect(await refusalOf(refused)).toBe('BAD_USER_INPUT')
    }
  })
})

describe('the bids of an auction', () => {
  test('are newest first, page after page, and end where the cursor continues', async () => {
    const all = await auction()
    for (const amount of [500, 600, 700]) await bid(all, amount === 600 ? bob : ann, { amount })
    const query = `query ($after: String) { auction(id: "${all.auctionId}") { bids(first: 2, after: $after) {
      pageInfo { hasNextPage endCursor } edges { node { amount id } } } } }`
    const first = await all.run(null, query)
    expect(first).toMatchObject({
      auction: {
        bids: {
          pageInfo: { hasNextPage: true },
          edges: [{ node: { amount: 700 } }, { node: { amount: 600 } }],
        },
      },
    })
    const after = textAt(first, 'auction', 'bids', 'pageInfo', 'endCursor')
    const second = await all.run(null, query, { after })
    expect(second).toMatchObject({
      auction: { bids: { pageInfo: { hasNextPage: false }, edges: [{ node: { amount: 500 } }] } },
    })
    const id = textAt(second, 'auction', 'bids', 'edges', 0, 'node', 'id')
    expect(await all.run(null, `{ node(id: "${id}") { __typename } }`)).toEqual({
      node: { __typename: 'Bid' },
    })
  })
})

describe('lists of auctions', () => {
  test('are newest first, by phase and room', async () => {
    const all = await auction()
    const second = textAt(
      await all.run(seller, CREATE, { input: input(all.roomId, { title: 'Chair' }) }),
      'createAuction',
      'auction',
      'id',
    )
    await all.run(seller, `mutation { pauseAuction(auctionId: "${second}") { __typename } }`)
    const list = (args: string): Promise<unknown> =>
      all.run(null, `{ auctions${args} { edges { node { title } } } }`)
    const titled = (...titles: readonly string[]) => ({
      auctions: { edges: titles.map((title) => ({ node: { title } })) },
    })
    expect(await list('')).toEqual(titled('Chair', 'Lamp'))
    expect(await list('(phase: LIVE)')).toEqual(titled('Lamp'))
    expect(await list(`(roomId: "${all.roomId}", phase: PAUSED)`)).toEqual(titled('Chair'))
    expect(await list('(roomId: "global")')).toEqual(titled())
    expect(
      await all.run(
        null,
        `{ room(id: "${all.roomId}") { auctions(first: 1) { edges { node { title } } } } }`,
      ),
    ).toEqual({
      room: titled('Chair'),
    })
  })
})
