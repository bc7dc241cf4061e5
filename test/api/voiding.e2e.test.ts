import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, caughtUp, createCaller } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { AUCTION_QUERY, type AuctionEntry, BIDS, HAMMER, lineOf, VOID } from './auction-documents.ts'
import { openSaleroom, type Saleroom } from './saleroom.ts'

const STANDING = 'rank user { id } score previousRank'
const LEADERBOARD = `subscription ($id: ID!) { leaderboard(auctionId: $id) {
  __typename
  ... on Event { offset }
  ... on LeaderboardSnapshot { leaderboard { standings { ${STANDING} } } }
  ... on LeaderboardUpdated { removedUserIds standings { ${STANDING} } }
  ... on RankingChanged { standings { ${STANDING} } }
} }`
const BOARD = `query ($id: ID!) { auction(id: $id) { leaderboard { standings { ${STANDING} } } } }`
const HISTORY = `query ($id: ID!) { auction(id: $id) { bids(first: 50) { edges { node { amount voidedAt } } } } }`
const NOTIFICATIONS = `subscription { notifications {
  ... on Event { offset } ... on NotificationCreated { notification { kind subjectId data } } } }`

interface Standing {
  readonly rank: number
  readonly user: { readonly id: string }
  readonly score: number
  readonly previousRank: number | null
}

interface BoardEntry {
  readonly __typename: string
  readonly offset: number
  readonly standings?: readonly Standing[]
  readonly removedUserIds?: readonly string[]
}

interface Told {
  readonly notification?: { readonly kind: string; readonly data: { readonly price: number } }
}

interface VoidEntry extends AuctionEntry {
  readonly bids?: readonly {
    readonly id: string
    readonly amount: number
    readonly voidReason: string | null
  }[]
}

let saleroom: Saleroom
let names: Map<string, string>

beforeAll(async () => {
  saleroom = await openSaleroom()
})
afterAll(() => saleroom[Symbol.asyncDispose]())

/** Ann, Bob and Cid, all new users, and an auction with its notifications. */
async function open(input: object = {}) {
  const { id, seller } = await saleroom.lot(input)
  const [ann, bob, cid] = [await saleroom.newcomer(), await saleroom.newcomer(), await saleroom.newcomer()]
  names = new Map([
    [ann.id, 'ann'],
    [bob.id, 'bob'],
    [cid.id, 'cid'],
  ])
  const entries = await saleroom.entries(id)
  const board = seller.record<BoardEntry>(LEADERBOARD, { id })
  await board.take(1)
  return {
    ...{ id, seller, ann, bob, cid },
    /** The entries of the bids, from the first to the `count`-th; fails where there are more. */
    async bids(count: number) {
      const { cursor } = await saleroom.show(id)
      const heard = (await entries.take(count + 1)).slice(1)
      expect(heard.at(-1)?.cursor).toBe(cursor)
      return heard.map(lineOf).map(named)
    },
    /** The same of the leaderboard. */
    async board(count: number) {
      await board.take(count + 1)
      await caughtUp(seller)
      return board.values.slice(1).map(boardLineOf)
    },
    async standings() {
      const { leaderboard } = await seller.ask<{ readonly leaderboard: { readonly standings: Standing[] } }>(
        BOARD,
        {
          id,
        },
      )
      return leaderboard.standings.map(standingLineOf)
    },
  }
}

function named(line: string): string {
  return [...names].reduce((text, [id, name]) => text.replaceAll(id, name), line)
}

function standingLineOf({ rank, user, score, previousRank }: Standing): string {
  return named(`${rank} ${user.id} ${score}${previousRank === null ? '' : ` from ${previousRank}`}`)
}

function boardLineOf({ offset, __typename, standings = [], removedUserIds = [] }: BoardEntry): string {
  const removed = removedUserIds.map((id) => `without ${id}`)
  return `${offset} ${__typename}: ${[...standings.map(standingLineOf), ...removed].join(', ')}`
}

describe('voiding the bid of the leader', () => {
  async function ledByBob() {
    const lot = await open()
    await saleroom.bid(lot.ann, lot.id, { maximum: 1_500 })
    const { bid } = await saleroom.bid(lot.bob, lot.id, { maximum: 2_000 })
    return { ...lot, voided: bid?.id ?? '' }
  }

  test('is one entry, which shows who leads then at which price', async () => {
    const lot = await ledByBob()
    const answer = await saleroom.strike(lot.voided)
    expect(await lot.bids(3)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 BidPlaced bob 1550 PROXY, then 1550 bob',
      '3 BidVoided bob 1550 PROXY, then 500 ann',
    ])
    expect(answer.auction).toMatchObject({ bidCount: 1, bidderCount: 1, minimumBid: 550 })
    expect(answer.cursor).toBe(answer.auction.cursor)
  })

  test('gives the lead on the leaderboard back, and names the bidder as removed', async () => {
    const lot = await ledByBob()
    await saleroom.strike(lot.voided)
    expect(await lot.board(6)).toEqual([
      '1 LeaderboardUpdated: 1 ann 500',
      '2 RankingChanged: 1 ann 500',
      '3 LeaderboardUpdated: 1 bob 1550',
      '4 RankingChanged: 1 bob 1550, 2 ann 500 from 1',
      `5 LeaderboardUpdated: without ${lot.bob.id}`,
      '6 RankingChanged: 1 ann 500 from 2',
    ])
    expect((await lot.standings()).map((line) => line.split(' from ')[0])).toEqual(['1 ann 500'])
  })

  test('keeps the bid in the list of bids, marked', async () => {
    const lot = await ledByBob()
    await saleroom.strike(lot.voided)
    expect(await saleroom.owner.ask(HISTORY, { id: lot.id })).toMatchObject({
      bids: {
        edges: [
          { node: { amount: 1_550, voidedAt: expect.any(String) } },
          { node: { amount: 500, voidedAt: null } },
        ],
      },
    })
  })

  test('takes the maximum from its bidder, and leaves the others theirs', async () => {
    const lot = await ledByBob()
    await saleroom.strike(lot.voided)
    expect(await lot.bob.ask(AUCTION_QUERY, { id: lot.id })).toMatchObject({ myMaximum: null })
    expect(await lot.ann.ask(AUCTION_QUERY, { id: lot.id })).toMatchObject({ myMaximum: 1_500 })
  })

  test('is heard by who comes back with a cursor from before, and is in the snapshot of who comes new', async () => {
    const lot = await ledByBob()
    const { cursor } = await saleroom.show(lot.id)
    await saleroom.strike(lot.voided)
    const resumed = lot.seller.record<AuctionEntry>(BIDS, { id: lot.id, after: cursor })
    expect((await resumed.take(1)).map(lineOf).map(named)).toEqual([
      '3 BidVoided bob 1550 PROXY, then 500 ann',
    ])
    expect((await resumed.take(1))[0]?.reason).toBe('A mistake')
    const snapshot = lot.seller.record<AuctionEntry>(BIDS, { id: lot.id })
    expect((await snapshot.take(1)).map(lineOf).map(named)).toEqual(['3 AuctionSnapshot, then 500 ann'])
  })

  test('lets the bidder come back, under a number of its own', async () => {
    const lot = await ledByBob()
    await saleroom.strike(lot.voided)
    await saleroom.bid(lot.bob, lot.id, { amount: 1_800 })
    expect((await lot.bids(4)).at(-1)).toBe('4 BidPlaced bob 1800 MANUAL, then 1800 bob')
    expect((await lot.board(8)).slice(6)).toEqual([
      '7 LeaderboardUpdated: 1 bob 1800',
      '8 RankingChanged: 1 bob 1800, 2 ann 500 from 1',
    ])
  })
})

describe('voiding the bid of a challenger who was answered', () => {
  test('takes the price back, and the answer with it', async () => {
    const lot = await open()
    await saleroom.bid(lot.ann, lot.id, { maximum: 1_500 })
    const { bid } = await saleroom.bid(lot.bob, lot.id, { maximum: 1_000 })
    await saleroom.strike(bid?.id)
    expect(await lot.bids(4)).toEqual([
      '1 BidPlaced ann 500 PROXY, then 500 ann',
      '2 BidPlaced bob 1000 PROXY, then 1000 bob',
      '3 BidPlaced ann 1050 PROXY, then 1050 ann',
      '4 BidVoided bob 1000 PROXY, then 500 ann',
    ])
    expect((await lot.board(5)).slice(2)).toEqual([
      '3 LeaderboardUpdated: 1 ann 1050 from 1, 2 bob 1000',
      '4 RankingChanged: 2 bob 1000',
      `5 LeaderboardUpdated: 1 ann 500 from 1, without ${lot.bob.id}`,
    ])
    expect(await lot.standings()).toEqual(['1 ann 500 from 1'])
  })
})

describe('voiding a bid by hand below the leader’s automatic one', () => {
  test('makes the leader’s bid at the recomputed price, and lists all that were voided', async () => {
    const softClose = { windowMs: 7_200_000, extensionMs: 7_200_000, capMs: 86_400_000 }
    const lot = await open({ softClose })
    const { bid } = await saleroom.bid(lot.ann, lot.id, { amount: 700 })
    await saleroom.bid(lot.bob, lot.id, { maximum: 3_000 })
    const { cursor } = await saleroom.show(lot.id)
    const answer = await saleroom.strike(bid?.id)
    const resumed = lot.seller.record<VoidEntry>(BIDS, { id: lot.id, after: cursor })
    const entries = await resumed.take(3)
    expect(entries.map(lineOf).map(named)).toEqual([
      expect.stringMatching(/ BidVoided ann 700 MANUAL, then 500 bob$/),
      expect.stringMatching(/ BidPlaced bob 500 PROXY, then 500 bob$/),
      expect.stringMatching(/ AuctionExtended, then 500 bob$/),
    ])
    expect(entries[0]?.bids).toEqual([
      { id: bid?.id, amount: 700, voidReason: 'MODERATED' },
      { id: expect.any(String), amount: 750, voidReason: 'RECOMPUTED' },
    ])
    expect(answer.auction).toMatchObject({ currentPrice: 500, bidCount: 1, bidderCount: 1, minimumBid: 550 })
    expect((await lot.standings()).map((line) => line.split(' from ')[0])).toEqual(['1 bob 500'])
  })
})

describe('voiding the later of two bids', () => {
  test('leaves the bidder on the leaderboard with the earlier one', async () => {
    const lot = await open()
    await saleroom.bid(lot.bob, lot.id, { amount: 600 })
    await saleroom.bid(lot.ann, lot.id, { amount: 700 })
    const { bid } = await saleroom.bid(lot.bob, lot.id, { amount: 800 })
    await saleroom.bid(lot.bob, lot.id, { amount: 900 })
    await saleroom.strike(bid?.id)
    expect((await lot.bids(5)).at(-1)).toBe('5 BidVoided bob 800 MANUAL, then 700 ann')
    expect((await lot.board(9)).slice(7)).toEqual([
      '8 LeaderboardUpdated: 2 bob 600 from 1',
      '9 RankingChanged: 1 ann 700 from 2, 2 bob 600 from 1',
    ])
    expect((await saleroom.show(lot.id)).bidCount).toBe(2)
  })
})

describe('several bids of one bidder, voided at the same time', () => {
  test('are voided once each, whichever comes first', async () => {
    const lot = await open()
    const made: (string | undefined)[] = []
    for (const amount of [500, 600, 700]) made.push((await saleroom.bid(lot.bob, lot.id, { amount })).bid?.id)
    const answers = await Promise.all(made.map((id) => saleroom.strike(id)))
    expect(answers.map(({ __typename }) => __typename)).toEqual(made.map(() => 'AuctionPayload'))
    expect(await saleroom.show(lot.id)).toMatchObject({ currentPrice: null, bidCount: 0, bidderCount: 0 })
    expect(await lot.standings()).toEqual([])
    const { cursor } = await saleroom.show(lot.id)
    const again = await Promise.all(made.map((id) => saleroom.strike(id)))
    expect(again.map((answer) => answer.cursor)).toEqual(made.map(() => cursor))
  })
})

describe('the notifications around a voided bid', () => {
  /** The notifications that a user gets from now on: `OUTBID 1550`. */
  async function listen(caller: Caller): Promise<(count: number) => Promise<readonly string[]>> {
    const heard: Recording<Told> = caller.record(NOTIFICATIONS)
    await heard.take(1)
    return async (count) => {
      await heard.take(count + 1)
      await caughtUp(caller)
      return heard.values
        .slice(1)
        .map(({ notification }) => `${notification?.kind} ${notification?.data.price}`)
    }
  }

  test('tell each loss of the lead, the voiding, the lead that came back, and the end to every bidder', async () => {
    const lot = await open()
    const [byAnn, byBob, byCid] = [await listen(lot.ann), await listen(lot.bob), await listen(lot.cid)]
    await saleroom.bid(lot.ann, lot.id, { maximum: 1_500 })
    const { bid } = await saleroom.bid(lot.bob, lot.id, { maximum: 2_000 })
    expect(await byAnn(1)).toEqual(['OUTBID 1550'])
    await saleroom.strike(bid?.id)
    expect(await byAnn(2)).toEqual(['OUTBID 1550', 'LEADING 500'])
    expect(await byBob(1)).toEqual(['BID_VOIDED 500'])
    // Cid is answered by her, then beats her.
    await saleroom.bid(lot.cid, lot.id, { amount: 1_000 })
    expect(await byCid(1)).toEqual(['OUTBID 1050'])
    await saleroom.bid(lot.cid, lot.id, { amount: 1_600 })
    expect(await byAnn(3)).toEqual(['OUTBID 1550', 'LEADING 500', 'OUTBID 1600'])
    await lot.seller.ask(HAMMER, { id: lot.id })
    expect(await byAnn(4)).toEqual(['OUTBID 1550', 'LEADING 500', 'OUTBID 1600', 'AUCTION_LOST 1600'])
    expect(await byCid(2)).toEqual(['OUTBID 1050', 'AUCTION_WON 1600'])
    expect(await byBob(2)).toEqual(['BID_VOIDED 500', 'AUCTION_LOST 1600'])
  })

  test('tell nobody of a lead where the voided bid led and no bid is left', async () => {
    const lot = await open()
    const [byBob, byAnn] = [await listen(lot.bob), await listen(lot.ann)]
    const { bid } = await saleroom.bid(lot.bob, lot.id, { amount: 600 })
    await saleroom.strike(bid?.id)
    await saleroom.bid(lot.ann, lot.id, { amount: 500 })
    await lot.seller.ask(HAMMER, { id: lot.id })
    expect(await byAnn(1)).toEqual(['AUCTION_WON 500'])
    expect(await byBob(2)).toEqual(['BID_VOIDED null', 'AUCTION_LOST 500'])
  })
})

describe('who voids bids', () => {
  test('are those who run the room: not the seller, not the bidder, not a visitor', async () => {
    const { id, ann, seller } = await open()
    const { bid } = await saleroom.bid(ann, id, { amount: 600 })
    const variables = { id: bid?.id ?? '', reason: '' }
    const withoutRole = await createCaller(saleroom.node, seller.id)
    expect(await withoutRole.refusal(VOID, variables)).toBe('FORBIDDEN')
    expect(await ann.refusal(VOID, variables)).toBe('FORBIDDEN')
    const visitor = await createCaller(saleroom.node)
    expect(await visitor.refusal(VOID, variables)).toBe('UNAUTHENTICATED')
    for (const role of ['service', 'admin', 'moderator']) {
      const caller = await createCaller(saleroom.node, role, [role])
      expect(await caller.ask(VOID, variables)).toMatchObject({ __typename: 'AuctionPayload' })
    }
  })

  test.for([
    { called: 'of 1001 characters', reason: 'x'.repeat(1001) },
    { called: 'with U+0000', reason: 'a\0b' },
    { called: 'with half a surrogate pair', reason: 'a\ud800b' },
  ])('need a reason that can be kept: not one $called', async ({ reason }) => {
    const { id, ann } = await open()
    const { bid } = await saleroom.bid(ann, id, { amount: 600 })
    expect(await saleroom.owner.ask(VOID, { id: bid?.id ?? '', reason })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'reason',
    })
  })
})
