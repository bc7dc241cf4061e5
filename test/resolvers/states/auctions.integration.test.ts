import { print } from 'graphql'
import { expect } from 'vitest'
import { AuctionPartsFragmentDoc, BidPartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { type Auction, type Bid, liveAuction } from '../../../client/src/state/auction.ts'
import { type AuctionsState, liveAuctions } from '../../../client/src/state/auctions.ts'
import { liveAuctionLeaderboard, type Standing } from '../../../client/src/state/leaderboard.ts'
import { ListFeed } from '../../../src/engine/hub/list-feed.ts'
import type { ListItem } from '../../../src/engine/hub/source.ts'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { auctionFamily } from '../../../src/features/auctions/family.ts'
import { asAuctionId } from '../../../src/features/auctions/ids.ts'
import { auctionListSource } from '../../../src/features/auctions/list-source.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { type Followed, follow, fromNow, give, oneOf, type Random, testState } from '../state-property.ts'

const seller = viewer('seller')
const bank = viewer('bank', 'SERVICE', 'ADMIN')
const BIDDERS = ['ann', 'bob', 'cid'].map((name) => viewer(name))
const OVER: readonly string[] = ['SOLD', 'UNSOLD', 'CANCELLED']

const ROOM = `mutation { createRoom(input: { name: "Sale", kind: AUCTION, visibility: PUBLIC }) {
  ... on RoomPayload { room { id } } } }`
const ADD =
  'mutation ($roomId: ID!, $userId: ID!) { addMember(roomId: $roomId, userId: $userId) { __typename } }'
const REMOVE = `mutation ($roomId: ID!, $userId: ID!) {
  removeMember(roomId: $roomId, userId: $userId, voidBids: true) { __typename } }`
const PAUSES = ['pauseRoom', 'resumeRoom'].map((field) => {
  return `mutation ($roomId: ID!) { ${field}(roomId: $roomId) { __typename } }`
})
const CREATE = `mutation ($input: CreateAuctionInput!) {
  createAuction(input: $input) { ... on AuctionPayload { auction { id } } } }`
const BID = 'mutation ($input: PlaceBidInput!) { placeBid(input: $input) { __typename } }'
const BUY = `mutation ($id: ID!, $key: String!) {
  buyNow(auctionId: $id, price: 9000, idempotencyKey: $key) { __typename } }`
const VOID = 'mutation ($id: ID!) { voidBid(bidId: $id, reason: "At random.") { __typename } }'
const STEPS = ['pauseAuction', 'resumeAuction'].map((field) => {
  return `mutation ($id: ID!) { ${field}(auctionId: $id) { __typename } }`
})
const HAMMER = 'mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }'
const CANCEL = 'mutation ($id: ID!) { cancelAuction(auctionId: $id, reason: "At random.") { __typename } }'
const CREDIT = `mutation ($id: ID!, $amount: Amount!, $key: String!) {
  creditWallet(userId: $id, currency: "EUR", amount: $amount, idempotencyKey: $key) { __typename } }`
const SHOWN = `query ($id: ID!) { auction(id: $id) { ...AuctionParts bids(first: 20) { edges { node { ...BidParts } } }
  leaderboard { standings(first: 100) { rank score user { id name } reachedAt } } } }
  ${print(AuctionPartsFragmentDoc)} ${print(BidPartsFragmentDoc)}`
const LIST = `query ($roomId: ID!) { auctions(roomId: $roomId, first: 100) { edges { node { ...AuctionParts } } } }
  ${print(AuctionPartsFragmentDoc)}`

interface Answer {
  readonly auction: Auction & {
    readonly bids: { readonly edges: readonly { readonly node: Bid }[] }
    readonly leaderboard: { readonly standings: readonly Standing[] }
  }
}

interface ListAnswer {
  readonly auctions: { readonly edges: readonly { readonly node: Auction }[] }
}

/** The previous rank is that before the entry, and in a snapshot before the score changed. */
function ranks(standings: readonly Standing[]): readonly object[] {
  return standings.map(({ previousRank: _previous, ...standing }) => standing)
}

const isOpen = ({ phase }: Auction): boolean => !OVER.includes(phase)
const byId = (auctions: readonly Auction[]) => new Map(auctions.map((auction) => [auction.id, auction]))

/** A list has no history: its clients get what the node finds changed, and begin with what it knows. */
function followList(all: Fixture, roomId: string): Followed {
  const { operation, reduce } = liveAuctions(roomId)
  const text = typeof operation.query === 'string' ? operation.query : print(operation.query)
  const feed = new ListFeed(all.services.get(auctionListSource), () => {})
  const heard: ListItem[] = []
  const hear = (items: ListItem[]) =>
    feed.follow({ onItem: (item) => items.push(item), onGone() {}, onFault() {} })
  const leave = hear(heard)
  let clients: readonly AuctionsState[] = []

  async function deliver(items: readonly ListItem[], states: readonly AuctionsState[]) {
    let after = states
    for (const { value } of items) {
      const result = (await all.present(text, value, { roomId })) as Parameters<typeof reduce>[1]
      after = after.map((state) => reduce(state, result))
    }
    return after
  }

  async function compare(about: string): Promise<void> {
    const { auctions } = (await all.run(bank, LIST, { roomId })) as ListAnswer
    const now = byId(auctions.edges.map(({ node }) => node))
    for (const state of clients) {
      expect(byId(state.filter(isOpen)), about).toEqual(byId([...now.values()].filter(isOpen)))
      for (const auction of state) expect(auction, about).toEqual(now.get(auction.id))
    }
    const known: ListItem[] = []
    hear(known)()
    clients = [...clients, ...(await deliver(known, [[]]))].slice(-10)
  }

  return {
    entryTypes: new Map(),
    expectedTypes: [],
    async advance() {
      await feed.refresh()
      clients = await deliver(heard.splice(0), clients)
    },
    compare,
    async finish(about) {
      leave()
      await compare(about)
    },
  }
}

async function openAuctions(all: Fixture, random: Random) {
  const roomId = textAt(await all.run(seller, ROOM), 'createRoom', 'room', 'id')
  const funded = random(2) === 0
  const create = async (endsInMs: number, reservePrice = 1_500): Promise<string> => {
    const softClose = { windowMs: 600_000, extensionMs: 600_000, capMs: 3_600_000 }
    const input = {
      ...{ roomId, title: 'Lamp', currency: 'EUR', startingPrice: 500, endsAt: fromNow(endsInMs), funded },
      ...{ reservePrice, buyNowPrice: 9_000, softClose },
    }
    return textAt(await all.run(seller, CREATE, { input }), 'createAuction', 'auction', 'id')
  }
  const ids = [await create(600_000), await create(600_000, 8_500)]
  for (const { user } of BIDDERS) {
    await all.run(seller, ADD, { roomId, userId: user.id })
    await all.run(bank, CREDIT, { id: user.id, amount: 20_000, key: user.id })
  }
  const show = async (id: string) => ((await all.run(bank, SHOWN, { id })) as Answer).auction
  const followed = ids.flatMap((id) => [
    follow(all, random, {
      definition: liveAuction(id),
      reader: null,
      shown: ({ auction, bids }) => ({ auction, bids: bids.slice(0, 20) }),
      async asked() {
        const { bids, leaderboard: _ranks, ...auction } = await show(id)
        return { auction, bids: bids.edges.map(({ node }) => node) }
      },
      entries: [
        ...['BidPlaced', 'BidVoided', 'ReserveMet', 'AuctionExtended', 'AuctionPaused', 'AuctionResumed'],
        ...['AuctionSold', 'AuctionUnsold', 'AuctionCancelled'],
      ],
    }),
    follow(all, random, {
      definition: liveAuctionLeaderboard(id),
      reader: null,
      shown: ranks,
      asked: async () => ranks((await show(id)).leaderboard.standings),
      entries: ['LeaderboardUpdated', 'RankingChanged'],
    }),
  ])

  async function act(step: number): Promise<unknown> {
    const [what, value, bidder, id] = [random(40), random(1000), oneOf(random, BIDDERS), oneOf(random, ids)]
    const isEnd = random(8) === 0
    const member = { roomId, userId: bidder.user.id }
    if (what < 22) {
      const { currentPrice } = await show(id)
      const price = (currentPrice ?? 450) + 50 * (1 + (value % 8))
      const offer = value % 2 === 0 ? { amount: price } : { maximum: price }
      return give(all, bidder, BID, { input: { auctionId: id, idempotencyKey: `${step}`, ...offer } })
    }
    if (what < 28) {
      const standing = (await show(id)).bids.edges.filter(({ node }) => node.voidedAt === null)
      const bid = standing[value % (standing.length || 1)]
      return bid === undefined ? undefined : give(all, seller, VOID, { id: bid.node.id })
    }
    const pauseOrResume = value % 4 === 0 ? 0 : 1
    if (what < 30) return give(all, seller, STEPS[pauseOrResume] ?? '', { id })
    if (what < 32) return give(all, seller, PAUSES[pauseOrResume] ?? '', { roomId })
    if (what === 32) return give(all, seller, REMOVE, member)
    if (what < 35) return give(all, seller, ADD, member)
    if (what < 37) {
      const amount = (value % 40) * 100 - 1_500
      return give(all, bank, CREDIT, { id: bidder.user.id, amount: amount || 1, key: `${step}` })
    }
    if (what === 37) return isEnd ? create(value % 2 === 0 ? 300 : 600_000) : undefined
    if (what === 38)
      return all.services.dispatch(auctionFamily, asAuctionId(id), SYSTEM, { kind: 'applyDue' })
    if (!isEnd) return undefined
    if (value % 3 === 0) return give(all, bidder, BUY, { id, key: `${step}` })
    return give(all, seller, value % 3 === 1 ? CANCEL : HAMMER, { id })
  }

  return { followed: [...(await Promise.all(followed)), followList(all, roomId)], act }
}

testState('auctions', [seller, bank, ...BIDDERS], openAuctions)
