import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { CANCEL, HAMMER } from './auction-documents.ts'
import { END_ROOM } from './room-documents.ts'
import { openSaleroom, type Saleroom } from './saleroom.ts'

let saleroom: Saleroom

beforeAll(async () => {
  saleroom = await openSaleroom()
})
afterAll(() => saleroom[Symbol.asyncDispose]())

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

/** A funded auction, that a bidder with 10000 leads at 5500 with a maximum of 8000. */
async function ledAt5500(input: object = {}) {
  const { id, seller } = await saleroom.lot({ funded: true, ...input })
  const [ann, bob] = [await saleroom.newcomer(10_000), await saleroom.newcomer()]
  await saleroom.bid(ann, id, { maximum: 6_000 })
  expect(await saleroom.money(ann)).toEqual([10_000, 6_000, 4_000])
  await saleroom.bid(ann, id, { maximum: 8_000 })
  expect(await saleroom.money(ann)).toEqual([10_000, 8_000, 2_000])
  await saleroom.bid(bob, id, { maximum: 5_400 })
  expect(await saleroom.show(id)).toMatchObject({ currentPrice: 5_500, leader: { id: ann.id } })
  return { id, seller, ann }
}

type Led = Awaited<ReturnType<typeof ledAt5500>>

async function expectSettled({ id, seller, ann }: Led): Promise<void> {
  expect(await saleroom.money(ann)).toEqual([4_500, 0, 4_500])
  expect(await saleroom.money(seller)).toEqual([5_500, 0, 5_500])
  const winner = { user: { id: ann.id }, price: 5_500, settledAt: expect.any(String) }
  expect(await saleroom.show(id)).toMatchObject({ phase: 'SOLD', winner })
}

async function expectReleased({ id, seller, ann }: Led, phase: string): Promise<void> {
  expect(await saleroom.money(ann)).toEqual([10_000, 0, 10_000])
  expect(await saleroom.money(seller)).toEqual([0, 0, 0])
  expect(await saleroom.show(id)).toMatchObject({ phase, winner: null })
}

const BELOW = { reservePrice: 9_000 }

describe('a funded auction that a bidder with 10000 leads at 5500 with a maximum of 8000', () => {
  test('takes 5500 at the hammer, gives them to the seller and releases the rest', async () => {
    const led = await ledAt5500()
    await led.seller.ask(HAMMER, { id: led.id })
    await expectSettled(led)
    await led.seller.ask(HAMMER, { id: led.id })
    await expectSettled(led)
  })

  test('takes them when time ends it, at the instant that the entry shows', async () => {
    const led = await ledAt5500({ endsAt: inMs(3_000) })
    const heard = await saleroom.entries(led.id)
    const [, sold] = await heard.take(2)
    expect(sold).toMatchObject({ __typename: 'AuctionSold', winner: { settledAt: sold?.at } })
    await expectSettled(led)
  })

  test('takes them when its room ends', async () => {
    const roomId = await saleroom.room()
    const [led, below] = [await ledAt5500({ roomId }), await ledBelowReserve({ roomId })]
    const heard = [await saleroom.entries(led.id), await saleroom.entries(below.id)]
    await saleroom.owner.ask(END_ROOM, { roomId })
    for (const each of heard) await each.take(2)
    await expectSettled(led)
    await expectReleased(below, 'UNSOLD')
  })
})

/** As `ledAt5500`, at 8000 below a reserve of 9000. */
async function ledBelowReserve(input: object = {}): Promise<Led> {
  const { id, seller } = await saleroom.lot({ funded: true, ...BELOW, ...input })
  const ann = await saleroom.newcomer(10_000)
  await saleroom.bid(ann, id, { maximum: 8_000 })
  expect(await saleroom.money(ann)).toEqual([10_000, 8_000, 2_000])
  return { id, seller, ann }
}

describe('a funded auction below its reserve', () => {
  test('releases its leader at the hammer', async () => {
    const led = await ledBelowReserve()
    await led.seller.ask(HAMMER, { id: led.id })
    await expectReleased(led, 'UNSOLD')
  })

  test('releases its leader when time ends it', async () => {
    const led = await ledBelowReserve({ endsAt: inMs(2_000) })
    const [, unsold] = await (await saleroom.entries(led.id)).take(2)
    expect(unsold?.__typename).toBe('AuctionUnsold')
    await expectReleased(led, 'UNSOLD')
  })

  test('bought outright by another releases its leader and takes the price', async () => {
    const led = await ledBelowReserve({ buyNowPrice: 12_000 })
    const bob = await saleroom.newcomer(12_500)
    expect(await saleroom.buy(bob, led.id, 12_000)).toMatchObject({ outcome: 'BOUGHT_NOW' })
    expect(await saleroom.money(led.ann)).toEqual([10_000, 0, 10_000])
    expect(await saleroom.money(bob)).toEqual([500, 0, 500])
    expect(await saleroom.money(led.seller)).toEqual([12_000, 0, 12_000])
  })

  test('bought outright by its leader takes only what is not held yet', async () => {
    const led = await ledBelowReserve({ buyNowPrice: 10_000 })
    expect(await saleroom.buy(led.ann, led.id, 10_000)).toMatchObject({ outcome: 'BOUGHT_NOW' })
    expect(await saleroom.money(led.ann)).toEqual([0, 0, 0])
    expect(await saleroom.money(led.seller)).toEqual([10_000, 0, 10_000])
  })

  test('is not bought without the money', async () => {
    const led = await ledBelowReserve({ buyNowPrice: 12_000 })
    expect(await saleroom.buy(led.ann, led.id, 12_000)).toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
    expect(await saleroom.money(led.ann)).toEqual([10_000, 8_000, 2_000])
  })
})

describe('a bidder with 100, of which 80 are held for the own maximum', () => {
  test('raises it to 90, and not to 101', async () => {
    const { id } = await saleroom.lot({ funded: true, startingPrice: 10 })
    const ann = await saleroom.newcomer(100)
    await saleroom.bid(ann, id, { maximum: 80 })
    expect(await saleroom.money(ann)).toEqual([100, 80, 20])
    expect(await saleroom.bid(ann, id, { maximum: 90 })).toMatchObject({ outcome: 'MAXIMUM_RAISED' })
    expect(await saleroom.money(ann)).toEqual([100, 90, 10])
    expect(await saleroom.bid(ann, id, { maximum: 101 })).toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
    expect(await saleroom.money(ann)).toEqual([100, 90, 10])
  })
})

describe('a proxy whose owner has spent the money since', () => {
  /** Ann led with 1500, Bob beat her, and she bid all that was released in another auction. */
  async function beaten() {
    const [{ id }, other] = [
      await saleroom.lot({ funded: true }),
      await saleroom.lot({ funded: true, startingPrice: 1 }),
    ]
    const [ann, bob, cid] = [
      await saleroom.newcomer(1_500),
      await saleroom.newcomer(2_000),
      await saleroom.newcomer(600),
    ]
    await saleroom.bid(ann, id, { maximum: 1_500 })
    const { bid } = await saleroom.bid(bob, id, { maximum: 2_000 })
    await saleroom.bid(ann, other.id, { maximum: 1_500 })
    expect(await saleroom.money(ann)).toEqual([1_500, 1_500, 0])
    return { id, other, ann, bob, cid, bid }
  }

  test('is passed over when the bid that beat it is voided, and never stands in a challenger’s way', async () => {
    const { id, ann, bob, cid, bid } = await beaten()
    const { auction } = await saleroom.strike(bid?.id)
    expect(auction).toMatchObject({ currentPrice: null, leader: null, bidderCount: 0, minimumBid: 500 })
    expect(await saleroom.money(ann)).toEqual([1_500, 1_500, 0])
    expect(await saleroom.money(bob)).toEqual([2_000, 0, 2_000])
    expect(await saleroom.bid(cid, id, { maximum: 600 })).toMatchObject({
      outcome: 'LEADING',
      auction: { currentPrice: 500, leader: { id: cid.id } },
    })
    expect(await saleroom.money(cid)).toEqual([600, 600, 0])
  })

  test('leads again where the money has come back', async () => {
    const { id, other, ann, bid } = await beaten()
    await saleroom.owner.ask(CANCEL, { id: other.id, reason: 'Withdrawn' })
    expect(await saleroom.strike(bid?.id)).toMatchObject({
      auction: { currentPrice: 500, leader: { id: ann.id } },
    })
    expect(await saleroom.money(ann)).toEqual([1_500, 1_500, 0])
    expect((await saleroom.show(id)).leader?.id).toBe(ann.id)
  })
})

describe('a bid that was passed over for want of money', () => {
  test('takes no earlier one along when it is voided, too', async () => {
    const [{ id }, other] = [
      await saleroom.lot({ funded: true }),
      await saleroom.lot({ funded: true, startingPrice: 1 }),
    ]
    const [ann, bob, cid] = [
      await saleroom.newcomer(2_000),
      await saleroom.newcomer(1_000),
      await saleroom.newcomer(2_500),
    ]
    await saleroom.bid(ann, id, { maximum: 600 })
    await saleroom.bid(bob, id, { maximum: 1_000 })
    const passedOver = await saleroom.bid(ann, id, { maximum: 2_000 })
    const beating = await saleroom.bid(cid, id, { maximum: 2_500 })
    await saleroom.bid(ann, other.id, { maximum: 1_300 })
    const ledByBob = { currentPrice: 650, leader: { id: bob.id }, bidderCount: 2 }
    expect((await saleroom.strike(beating.bid?.id)).auction).toMatchObject(ledByBob)
    expect((await saleroom.strike(passedOver.bid?.id)).auction).toMatchObject(ledByBob)
    expect(await saleroom.money(bob)).toEqual([1_000, 1_000, 0])
  })
})

describe('a challenger', () => {
  let ann: Caller
  let id: string

  beforeAll(async () => {
    ann = await saleroom.newcomer(2_000)
    id = (await saleroom.lot({ funded: true })).id
    await saleroom.bid(ann, id, { maximum: 2_000 })
  })

  test('who is answered at once needs no money', async () => {
    const bob = await saleroom.newcomer()
    expect(await saleroom.bid(bob, id, { amount: 1_000 })).toMatchObject({ outcome: 'OUTBID' })
    expect(await saleroom.money(bob)).toEqual([0, 0, 0])
    expect(await saleroom.money(ann)).toEqual([2_000, 2_000, 0])
  })

  test('who would lead without the money is refused, and nothing moves', async () => {
    const bob = await saleroom.newcomer(2_499)
    expect(await saleroom.bid(bob, id, { maximum: 2_500 })).toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
    expect((await saleroom.show(id)).leader?.id).toBe(ann.id)
    expect(await saleroom.money(bob)).toEqual([2_499, 0, 2_499])
  })
})
