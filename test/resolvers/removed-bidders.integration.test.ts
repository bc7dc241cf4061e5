import { describe, expect, test } from 'vitest'
import { users } from '../../src/features/users/tables.ts'
import { textAt, viewer } from './fixtures.ts'
import { ann, bob, owner, type Sale, sale } from './sale-of-room.ts'

const remove = ({ run, roomId }: Sale, args = ''): Promise<unknown> =>
  run(
    owner,
    `mutation { removeMember(roomId: "${roomId}", userId: "ann", ${args}) {
      __typename ... on Rejected { code } } }`,
  )

/** Voids the bid at this place of the history, the newest first. */
async function voidBidAt({ run }: Sale, auctionId: string, place: number): Promise<void> {
  const shown = await run(owner, `{ auction(id: "${auctionId}") { bids { edges { node { id } } } } }`)
  const bidId = textAt(shown, 'auction', 'bids', 'edges', place, 'node', 'id')
  await run(owner, `mutation { voidBid(bidId: "${bidId}", reason: "A mistake.") { __typename } }`)
}

const PRICE = 'currentPrice bidCount leader { id } bids { edges { node { amount voidedAt } } }'

describe('a removed member', () => {
  test.each([
    ['PUBLIC', 'REMOVED'],
    ['AUTHENTICATED', 'REMOVED'],
    ['MEMBERS', 'NOT_FOUND'],
  ])('cannot bid in a %s room: %s', async (visibility, code) => {
    const all = await sale(`visibility: ${visibility}`)
    const auctionId = await all.putUp({ buyNowPrice: 9000 })
    await remove(all)
    expect(await all.bid(auctionId, ann, { amount: 600 })).toBe(code)
    expect(await all.bid(auctionId, ann, { maximum: 600 })).toBe(code)
    expect(await all.buy(auctionId, ann, 9000)).toBe(code)
    expect(await all.show(auctionId, PRICE)).toMatchObject({ bidCount: 0 })
  })

  test.each(['never joined', 'left first'])('cannot bid in a PUBLIC room where they %s', async (how) => {
    const all = await sale()
    const auctionId = await all.putUp()
    const dan = viewer('dan')
    await all.services.database.insert(users).values(dan.user)
    if (how === 'left first') {
      await all.run(dan, `mutation { joinRoom(roomId: "${all.roomId}") { __typename } }`)
      await all.run(dan, `mutation { leaveRoom(roomId: "${all.roomId}") { __typename } }`)
    }
    expect(await all.bid(auctionId, dan, { amount: 600 })).toBe('LEADING')
    const removal = `mutation { removeMember(roomId: "${all.roomId}", userId: "dan", voidBids: true) {
      ... on MembershipPayload { room { memberCount } } ... on Rejected { code } } }`
    expect(await all.run(owner, removal)).toEqual({ removeMember: { room: { memberCount: 3 } } })
    expect(await all.bid(auctionId, dan, { amount: 700 })).toBe('REMOVED')
    expect(await all.steer('joinRoom', dan)).toBe('NOT_A_MEMBER')
    expect(await all.show(auctionId, PRICE)).toMatchObject({ leader: null })
  })

  test('bids again once added again', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await remove(all)
    await all.run(owner, `mutation { addMember(roomId: "${all.roomId}", userId: "ann") { __typename } }`)
    expect(await all.bid(auctionId, ann, { amount: 600 })).toBe('LEADING')
  })

  test('cannot raise the maximum of a valid bid', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { maximum: 900 })
    await remove(all)
    expect(await all.bid(auctionId, ann, { maximum: 2000 })).toBe('REMOVED')
    expect(await all.show(auctionId, PRICE)).toMatchObject({ leader: { id: 'ann' } })
  })

  test('cannot bid in a room that nobody else may bid in either, for the reason that concerns them', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.steer('pauseRoom')
    await remove(all)
    expect(await all.bid(auctionId, ann, { amount: 600 })).toBe('REMOVED')
  })
})

describe('removing a member with voidBids', () => {
  test('voids all their standing bids in every open auction of the room', async () => {
    const all = await sale()
    const [led, followed, untouched] = [await all.putUp(), await all.putUp(), await all.putUp()]
    await all.bid(led, bob, { amount: 500 })
    await all.bid(led, ann, { amount: 700 })
    await all.bid(followed, ann, { maximum: 800 })
    await all.bid(followed, bob, { maximum: 1000 })
    await all.bid(untouched, bob, { amount: 500 })
    expect(await remove(all, 'voidBids: true, reason: "Did not pay."')).toMatchObject({
      removeMember: { __typename: 'MembershipPayload' },
    })
    for (const auctionId of [led, followed, untouched]) {
      expect(await all.show(auctionId, PRICE)).toMatchObject({ currentPrice: 500, leader: { id: 'bob' } })
    }
  })

  test('again voids what is still valid; otherwise everything stays valid', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { maximum: 800 })
    await remove(all)
    expect(await all.show(auctionId, PRICE)).toMatchObject({ currentPrice: 500, leader: { id: 'ann' } })
    await remove(all, 'voidBids: true')
    expect(await all.show(auctionId, PRICE)).toMatchObject({ currentPrice: null, leader: null, bidCount: 0 })
  })

  test('voids a maximum whose visible bid went with the bid of another', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    const dan = viewer('dan')
    await all.bid(auctionId, bob, { maximum: 1000 })
    await all.bid(auctionId, ann, { maximum: 1500 })
    await all.bid(auctionId, dan, { maximum: 3000 })
    await voidBidAt(all, auctionId, 2)
    await remove(all, 'voidBids: true')
    await voidBidAt(all, auctionId, 0)
    expect(await all.show(auctionId, PRICE)).toMatchObject({ currentPrice: null, leader: null, bidCount: 0 })
  })

  test('leaves auctions that are over and those of other rooms as they are', async () => {
    const all = await sale()
    const sold = await all.putUp()
    await all.bid(sold, ann, { amount: 500 })
    await all.run(owner, `mutation { hammerAuction(auctionId: "${sold}") { __typename } }`)
    await remove(all, 'voidBids: true')
    expect(await all.show(sold, 'phase winner { user { id } }')).toEqual({
      phase: 'SOLD',
      winner: { user: { id: 'ann' } },
    })
  })

  test('voids nothing for a caller who may not remove the member', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { amount: 500 })
    const text = `mutation { removeMember(roomId: "${all.roomId}", userId: "ann", voidBids: true) { __typename } }`
    expect(await all.codeOf(bob, text)).toBe('FORBIDDEN')
    expect(await all.show(auctionId, PRICE)).toMatchObject({ leader: { id: 'ann' } })
  })
})
