import { describe, expect, test } from 'vitest'
import { snapshot, viewer } from './fixtures.ts'
import { ann, bob, owner, type Sale, sale } from './sale-of-room.ts'

const OWN = 'myBidding { leading highestBid { amount bidder { id } } maximum held }'

async function own(all: Sale, auctionId: string, who: typeof ann | null): Promise<unknown> {
  return all.run(who, `{ auction(id: "${auctionId}") { ${OWN} } }`)
}

const shown = (myBidding: object | null) => ({ auction: { myBidding } })

describe("the viewer's own position in an auction", () => {
  test('is null for visitors and for those who have not bid', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { amount: 600 })
    for (const who of [null, bob, owner]) expect(await own(all, auctionId, who)).toEqual(shown(null))
  })

  test('is that of the leader and of the one who was outbid', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { maximum: 1500 })
    await all.bid(auctionId, bob, { maximum: 1000 })
    expect(await own(all, auctionId, ann)).toEqual(
      shown({
        leading: true,
        highestBid: { amount: 1050, bidder: { id: 'ann' } },
        maximum: 1500,
        held: 0,
      }),
    )
    expect(await own(all, auctionId, bob)).toMatchObject(
      shown({ leading: false, highestBid: { amount: 1000, bidder: { id: 'bob' } }, maximum: 1000, held: 0 }),
    )
  })

  test('says what is held in a funded auction, and nothing after the sale', async () => {
    const all = await sale()
    for (const id of ['ann', 'bob']) await credit(all, id)
    const auctionId = await all.putUp({ funded: true })
    await all.bid(auctionId, ann, { maximum: 1500 })
    expect(await own(all, auctionId, ann)).toMatchObject(shown({ held: 1500 }))
    await all.bid(auctionId, bob, { amount: 2000 })
    expect(await own(all, auctionId, ann)).toMatchObject(shown({ leading: false, held: 0 }))
    expect(await own(all, auctionId, bob)).toMatchObject(shown({ leading: true, held: 2000 }))
    await all.run(owner, `mutation { hammerAuction(auctionId: "${auctionId}") { __typename } }`)
    expect(await own(all, auctionId, bob)).toMatchObject(shown({ leading: true, held: 0 }))
  })

  test('of a bidder whose bids were all voided has no bid, but is not null', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { maximum: 900 })
    await all.run(
      owner,
      `mutation { removeMember(roomId: "${all.roomId}", userId: "ann", voidBids: true) { __typename } }`,
    )
    expect(await own(all, auctionId, ann)).toEqual(
      shown({ leading: false, highestBid: null, maximum: null, held: 0 }),
    )
  })

  test("is each auction's own in a list", async () => {
    const all = await sale()
    const [one, two, three] = [await all.putUp(), await all.putUp(), await all.putUp()]
    await all.bid(one, ann, { amount: 600 })
    await all.bid(three, ann, { amount: 800 })
    await all.bid(three, bob, { amount: 1000 })
    const answer = await all.run(ann, `{ auctions { edges { node { id ${OWN} } } } }`)
    expect(answer).toMatchObject({
      auctions: {
        edges: [
          { node: { id: three, myBidding: { leading: false, highestBid: { amount: 800 } } } },
          { node: { id: two, myBidding: null } },
          { node: { id: one, myBidding: { leading: true, highestBid: { amount: 600 } } } },
        ],
      },
    })
  })

  test('cannot be read where an execution is shared', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    const plan = await all.plan(ann, 'bids', { auctionId })
    const text = `subscription { bids(auctionId: "-") { ... on AuctionSnapshot { auction { ${OWN} } } } }`
    await expect(snapshot(all, plan, text)).rejects.toThrow('is not marked with readsViewer')
  })
})

async function credit({ run, roomId }: Sale, userId: string): Promise<void> {
  await run(
    viewer('bank', 'SERVICE'),
    `mutation { creditWallet(userId: "${userId}", currency: "EUR", amount: 5000, idempotencyKey: "${roomId} ${userId}") {
      __typename } }`,
  )
}
