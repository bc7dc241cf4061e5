import { post } from '../support/graphql-client.ts'
import type { TestNode } from '../support/node.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import type { Library, Watched } from './watchers.ts'

/** The rooms and auctions of a run, and the histories that clients follow. */
export interface Places {
  readonly author: string
  readonly roomIds: readonly string[]
  readonly auctionIds: readonly string[]
  readonly topics: readonly string[]
  /** `each` clients on every topic, with the libraries in turn. */
  watchedBy(each: number, libraries?: readonly Library[]): readonly Watched[]
}

const HOURS_MS = 4 * 3_600_000
const JOIN = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
const EVENT = '__typename ... on Event { cursor offset }'
const BIDS = `subscription ($id: ID!, $after: Cursor) { bids(auctionId: $id, after: $after) {
  ${EVENT} ... on AuctionSnapshot { reset } } }`
const MESSAGES = `subscription ($id: ID!, $after: Cursor) { messages(roomId: $id, after: $after) {
  ${EVENT} ... on MessagesSnapshot { reset } } }`
const ANNOUNCEMENTS = `subscription ($after: Cursor) { announcements(after: $after) {
  ${EVENT} ... on AnnouncementsSnapshot { reset } } }`
/** Most clients are of graphql-ws. */
const LIBRARIES: readonly Library[] = ['graphql-ws', 'apollo', 'graphql-ws', 'urql']

/** How a client follows an auction. */
export function bidsOn(auctionId: string): Pick<Watched, 'topic' | 'query' | 'variables'> {
  return { topic: `auction:${auctionId}`, query: BIDS, variables: { id: auctionId } }
}

/** Makes `count` public rooms, each with one live auction. */
export async function makePlaces(node: TestNode, count: number): Promise<Places> {
  const author = 'author'
  const [seller, writer] = await Promise.all([node.token('seller'), node.token(author)])
  const endsAt = new Date(Date.now() + HOURS_MS).toISOString()
  const increments = [{ from: 0, step: 1 }]
  const made = Array.from({ length: count }, async () => {
    const roomId = await makeRoom(node, seller)
    const [auctionId] = await Promise.all([
      makeAuction(node, seller, roomId, { endsAt, increments }),
      post(node.url, JOIN, { roomId }, writer),
    ])
    return { roomId, auctionId }
  })
  const pairs = await Promise.all(made)
  const followed = [
    ...pairs.flatMap(({ roomId, auctionId }) => [
      bidsOn(auctionId),
      { topic: `messages:${roomId}`, query: MESSAGES, variables: { id: roomId } },
    ]),
    { topic: 'announcements', query: ANNOUNCEMENTS, variables: {} },
  ]
  return {
    author,
    roomIds: pairs.map(({ roomId }) => roomId),
    auctionIds: pairs.map(({ auctionId }) => auctionId),
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
