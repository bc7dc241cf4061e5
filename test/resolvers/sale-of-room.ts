import { createFixture, type Fixture, textAt, viewer } from './fixtures.ts'

export const owner = viewer('owner')
export const ann = viewer('ann')
export const bob = viewer('bob')

const CREATE = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) {
  ... on AuctionPayload { auction { id } } ... on Rejected { code field } } }`
const BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) {
  ... on BidAccepted { outcome } ... on Rejected { code } } }`

/** A room of `owner` with ann and bob as members; auctions are put up and bid for in it. */
export interface Sale extends Fixture {
  readonly roomId: string
  /** Creates an auction that starts at 500 and ends in an hour. Returns its id. */
  putUp(terms?: object): Promise<string>
  /** The outcome of a bid, or the code with which it is Rejected. */
  bid(auctionId: string, bidder: typeof ann, offer: object): Promise<unknown>
  /** The same for buying at once. */
  buy(auctionId: string, bidder: typeof ann, price: number): Promise<unknown>
  /** Runs a mutation of the room, such as `pauseRoom`. Returns the code with which it is Rejected, or undefined. */
  steer(mutation: string, caller?: typeof ann): Promise<unknown>
  /** The fields of an auction, as the owner sees them. */
  show(auctionId: string, fields: string): Promise<unknown>
}

export async function sale(room = 'visibility: PUBLIC', node?: Fixture): Promise<Sale> {
  const all = node ?? (await createFixture(owner, ann, bob))
  const created = await all.run(
    owner,
    `mutation { createRoom(input: { name: "Sale", kind: AUCTION, ${room} }) { ... on RoomPayload { room { id } } } }`,
  )
  const roomId = textAt(created, 'createRoom', 'room', 'id')
  for (const { user } of [ann, bob]) {
    await all.run(owner, `mutation { addMember(roomId: "${roomId}", userId: "${user.id}") { __typename } }`)
  }
  return saleIn(all, roomId)
}

/** The same sale by another node: `all` runs on the same database. */
export function saleIn(all: Fixture, roomId: string): Sale {
  let keys = 0
  const newKey = (): string => `key ${roomId} ${++keys} ${Math.random()}`
  return {
    ...all,
    roomId,
    async putUp(terms = {}) {
      const endsAt = new Date(Date.now() + 3_600_000).toISOString()
      const input = { roomId, title: 'Lamp', currency: 'EUR', startingPrice: 500, endsAt, ...terms }
      return textAt(await all.run(owner, CREATE, { input }), 'createAuction', 'auction', 'id')
    },
    async bid(auctionId, bidder, offer) {
      const answer = await all.run(bidder, BID, { input: { auctionId, idempotencyKey: newKey(), ...offer } })
      return firstValue(firstValue(answer))
    },
    async buy(auctionId, bidder, price) {
      const answer = await all.run(
        bidder,
        `mutation { buyNow(auctionId: "${auctionId}", price: ${price}, idempotencyKey: "${newKey()}") {
        ... on BidAccepted { outcome } ... on Rejected { code } } }`,
      )
      return firstValue(firstValue(answer))
    },
    async steer(mutation, caller = owner) {
      const answer = await all.run(
        caller,
        `mutation { ${mutation}(roomId: "${roomId}") { ... on Rejected { code } } }`,
      )
      return firstValue(firstValue(answer))
    },
    async show(auctionId, fields) {
      return firstValue(await all.run(owner, `{ auction(id: "${auctionId}") { ${fields} } }`))
    },
  }
}

function firstValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.values(value)[0] : undefined
}
