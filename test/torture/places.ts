import { post } from '../support/graphql-client.ts'
import type { TestNode } from '../support/node.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import type { Library, Watched } from './watchers.ts'

/** A history, and how to subscribe to it. */
export type Followed = Pick<Watched, 'topic' | 'query' | 'variables'>

/** The rooms and auctions of a run, and the subscribed histories. */
export interface Places {
  readonly author: string
  readonly roomIds: readonly string[]
  readonly auctionIds: readonly string[]
  readonly topics: readonly string[]
  readonly followed: readonly Followed[]
  /** `each` clients on every topic, alternating the libraries. */
  watchedBy(each: number, libraries?: readonly Library[]): readonly Watched[]
}

/** Owns the rooms. */
export const SELLER = 'seller'
const HOURS_MS = 4 * 3_600_000
const ADD = `mutation ($roomId: ID!, $userId: ID!) {
  addMember(roomId: $roomId, userId: $userId, role: MEMBER) { __typename } }`
const EVENT = '__typename ... on Event { cursor offset }'
const BIDS = `subscription ($id: ID!, $after: Cursor) { bids(auctionId: $id, after: $after) {
  ${EVENT} ... on AuctionSnapshot { reset auction { currentPrice bidCount leader { id } } }
  ... on BidPlaced { bid { amount bidder { id } } } } }`
const MESSAGES = `subscription ($id: ID!, $after: Cursor) { messages(roomId: $id, after: $after) {
  ${EVENT} ... on MessagesSnapshot { reset messages { offset body } }
  ... on MessageSent { message { body } } } }`
const ANNOUNCEMENTS = `subscription ($after: Cursor) { announcements(after: $after) {
  ${EVENT} ... on AnnouncementsSnapshot { reset announcements { title } }
  ... on AnnouncementPublished { announcement { title } } } }`
/** Most clients use graphql-ws. */
const LIBRARIES: readonly Library[] = ['graphql-ws', 'apollo', 'graphql-ws', 'urql']

/** Adds a user to a room, as an authorised user. Throws if it is rejected. */
export async function addMember(
  node: TestNode,
  roomId: string,
  userId: string,
  token: string,
): Promise<void> {
  const { data, errors } = await post(node.url, ADD, { roomId, userId }, token)
  if (JSON.stringify(data).includes('Rejected') || errors !== undefined)
    throw new Error(`no member was added: ${JSON.stringify({ data, errors })}`)
}

/** Subscribes to the messages of a room. */
export function messagesIn(roomId: string): Followed {
  return { topic: `messages:${roomId}`, query: MESSAGES, variables: { id: roomId } }
}

/** Subscribes to an auction. */
export function bidsOn(auctionId: string): Followed {
  return { topic: `auction:${auctionId}`, query: BIDS, variables: { id: auctionId } }
}

/** Creates `count` rooms: public ones with one live auction each, or closed ones without. */
export async function makePlaces(node: TestNode, count: number, isClosed: boolean): Promise<Places> {
  const author = 'author'
  const seller = await node.token(SELLER)
  const endsAt = new Date(Date.now() + HOURS_MS).toISOString()
  const increments = [{ from: 0, step: 1 }]
  const made = Array.from({ length: count }, async () => {
    const roomId = await makeRoom(node, seller, isClosed ? { visibility: 'MEMBERS' } : {})
    await addMember(node, roomId, author, seller)
    const auctionId = isClosed ? undefined : await makeAuction(node, seller, roomId, { endsAt, increments })
    return { roomId, auctionId }
  })
  const pairs = await Promise.all(made)
  const roomIds = pairs.map(({ roomId }) => roomId)
  const auctionIds = pairs.flatMap(({ auctionId }) => auctionId ?? [])
  const followed = [
    ...auctionIds.map(bidsOn),
    ...roomIds.map(messagesIn),
    { topic: 'announcements', query: ANNOUNCEMENTS, variables: {} },
  ]
  return {
    author,
    ...{ roomIds, auctionIds, followed },
    topics: followed.map(({ topic }) => topic),
    watchedBy: (each, libraries = LIBRARIES) =>
      followed.flatMap((one, place) =>
        Array.from({ length: each }, (_, index) => ({
          ...one,
          subscription: `${one.topic} ${index}`,
          library: libraries[(place + index) % libraries.length] ?? 'graphql-ws',
        })),
      ),
  }
}
