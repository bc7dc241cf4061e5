import { post } from './graphql-client.ts'
import type { TestNode } from './node.ts'

const CREATE_ROOM = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) {
  ... on RoomPayload { room { id } } ... on Rejected { code reason } } }`
const CREATE_AUCTION = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) {
  ... on AuctionPayload { auction { id } } ... on Rejected { code reason field } } }`
const PLACE_BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) {
  ... on BidAccepted { outcome cursor } ... on Rejected { code reason minimum } } }`

/** What `placeBid` answered. */
export interface BidAnswer {
  readonly outcome?: string
  readonly cursor?: string
  readonly code?: string
  readonly minimum?: number
}

const HOUR_MS = 3_600_000

/** Creates a public auction room of a seller. */
export async function makeRoom(
  node: Pick<TestNode, 'url'>,
  token: string,
  input: object = {},
  document = CREATE_ROOM,
): Promise<string> {
  const room = { name: 'A room', kind: 'AUCTION', visibility: 'PUBLIC', ...input }
  const { data, errors } = await post(node.url, document, { input: room }, token)
  const made = data?.['createRoom'] as { readonly room?: { readonly id: string } } | undefined
  if (made?.room === undefined) throw new Error(`no room was made: ${JSON.stringify({ data, errors })}`)
  return made.room.id
}

/** A live auction, starting at 500, that ends in an hour. */
export async function makeAuction(
  node: Pick<TestNode, 'url'>,
  token: string,
  roomId: string,
  input: object = {},
): Promise<string> {
  const endsAt = new Date(Date.now() + HOUR_MS).toISOString()
  const auction = { roomId, title: 'A lot', currency: 'EUR', startingPrice: 500, endsAt, ...input }
  const { data, errors } = await post(node.url, CREATE_AUCTION, { input: auction }, token)
  const made = data?.['createAuction'] as { readonly auction?: { readonly id: string } } | undefined
  if (made?.auction === undefined) throw new Error(`no auction was made: ${JSON.stringify({ data, errors })}`)
  return made.auction.id
}

let keys = 0

/** Bids with a new key, unless `bid` has one. */
export async function placeBid(
  node: Pick<TestNode, 'url'>,
  token: string,
  bid: {
    readonly auctionId: string
    readonly amount?: number
    readonly maximum?: number
    readonly idempotencyKey?: string
  },
): Promise<BidAnswer> {
  keys += 1
  const input = { idempotencyKey: `key ${process.pid} ${keys}`, ...bid }
  const { data, errors } = await post(node.url, PLACE_BID, { input }, token)
  if (errors !== undefined) throw new Error(`the bid failed: ${JSON.stringify(errors)}`)
  return data?.['placeBid'] as BidAnswer
}

/** An entry of `bids` as BIDS selects it. */
export interface BidEntry {
  readonly __typename: string
  readonly cursor: string
  readonly offset: number
  readonly reset?: boolean
  readonly bid?: { readonly amount: number; readonly bidder: { readonly id: string } }
  readonly auction?: { readonly currentPrice: number | null }
}

export const BIDS = `subscription ($auctionId: ID!, $after: Cursor) { bids(auctionId: $auctionId, after: $after) {
  __typename
  ... on Event { cursor offset }
  ... on AuctionSnapshot { reset auction { currentPrice } }
  ... on BidPlaced { bid { amount bidder { id } } auction { currentPrice } }
} }`
