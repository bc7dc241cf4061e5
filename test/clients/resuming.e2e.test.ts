import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { startProxy, type TcpProxy } from '../support/proxy.ts'
import { type RestartingNode, startRestartingNode } from '../support/restarting-node.ts'
import { BIDS, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'
import { openApolloReader } from './reader.apollo.ts'
import { openEventSourceReader } from './reader.event-source.ts'
import { openGraphqlWsReader, openUnaidedReader } from './reader.graphql-ws.ts'
import type { Entry, OpenCuttableReader, OpenReader, Subscription } from './reader.ts'
import { openUrqlReader } from './reader.urql.ts'

const MESSAGES = `subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) {
  __typename
  ... on Event { cursor offset }
} }`
const SEND_MESSAGE = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }`

function at(open: OpenCuttableReader): OpenReader {
  return (url, subscription) => open(() => url, subscription)
}

const CLIENTS: readonly (readonly [string, OpenReader])[] = [
  ['graphql-ws', at(openGraphqlWsReader)],
  ['@apollo/client with GraphQLWsLink', at(openApolloReader)],
  ['@urql/core with its subscriptionExchange', at(openUrqlReader)],
  ['EventSource', openEventSourceReader],
]

let house: RestartingNode
let proxy: TcpProxy
/** The address that clients know. */
let url: string
let seller: string
let bidders: readonly string[]

beforeAll(async () => {
  house = await startRestartingNode({ databaseUrl: await freshDatabase() })
  proxy = await startProxy(Number(new URL(house.node.url).port))
  url = `http://127.0.0.1:${proxy.port}`
  seller = await house.node.token('seller')
  bidders = await Promise.all(['ann', 'ben'].map((name) => house.node.token(name)))
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await house[Symbol.asyncDispose]()
})

/** A durable topic that a test writes to. */
interface Topic {
  readonly subscription: Subscription
  readonly snapshotType: string
  readonly entryType: string
  /** Writes that many entries, one after another. */
  write(count: number): Promise<void>
}

async function openAuction(): Promise<Topic> {
  const { node } = house
  const auctionId = await makeAuction(node, seller, await makeRoom(node, seller))
  let bids = 0
  return {
    subscription: { query: BIDS, variables: { auctionId } },
    snapshotType: 'AuctionSnapshot',
    entryType: 'BidPlaced',
    async write(count) {
      for (let last = bids + count; bids < last; bids += 1) {
        const bidder = bidders[bids % bidders.length] ?? ''
        const { outcome } = await placeBid(node, bidder, { auctionId, amount: 500 + 100 * bids })
        expect(outcome).toBe('LEADING')
      }
    },
  }
}

async function openChat(): Promise<Topic> {
  const { node } = house
  const roomId = await makeRoom(node, seller)
  let messages = 0
  return {
    subscription: { query: MESSAGES, variables: { roomId } },
    snapshotType: 'MessagesSnapshot',
    entryType: 'MessageSent',
    async write(count) {
      for (let last = messages + count; messages < last; messages += 1) {
        const input = { roomId, body: `message ${messages}`, clientMessageId: `${messages}` }
        const { data } = await post(node.url, SEND_MESSAGE, { input }, seller)
        expect(data).toEqual({ sendMessage: { __typename: 'MessagePayload' } })
      }
    },
  }
}

/** The snapshot, then `count` entries without a hole. */
function history({ snapshotType, entryType }: Topic, count: number): readonly Partial<Entry>[] {
  return [
    { __typename: snapshotType, offset: 0 },
    ...Array.from({ length: count }, (_, index) => ({ __typename: entryType, offset: index + 1 })),
  ]
}

function shown(entries: readonly Entry[]): readonly Partial<Entry>[] {
  return entries.map(({ __typename, offset }) => ({ __typename, offset }))
}

describe.each(CLIENTS)('A client with %s', (_name, open) => {
  test('that loses its connection gets exactly the bids that it missed', async () => {
    const auction = await openAuction()
    await using reader = open(url, auction.subscription)
    await reader.take(1)
    await auction.write(2)
    await reader.take(3)

    proxy.shut()
    await auction.write(3)
    proxy.open()
    await reader.take(6)
    await auction.write(1)

    await reader.take(7)
    expect(shown(reader.entries)).toEqual(history(auction, 6))
  })

  test('whose node is killed with -9 and comes back gets exactly the bids that it missed', async () => {
    const auction = await openAuction()
    await using reader = open(url, auction.subscription)
    await reader.take(1)
    await auction.write(2)
    await reader.take(3)

    proxy.shut()
    await auction.write(1)
    await house.crash()
    await auction.write(2)
    proxy.open()
    await reader.take(6)
    await auction.write(1)

    await reader.take(7)
    expect(shown(reader.entries)).toEqual(history(auction, 6))
  })
})

describe.each([
  ['graphql-ws', at(openGraphqlWsReader)],
  ['EventSource', openEventSourceReader],
] as const)('A client with %s in a chat', (_name, open) => {
  test('that is connected to the node itself gets exactly the messages that it missed over a kill', async () => {
    const chat = await openChat()
    await using reader = open(house.node.url, chat.subscription)
    await reader.take(1)
    await chat.write(2)
    await reader.take(3)

    await house.crash()
    await chat.write(3)
    await reader.take(6)
    await chat.write(1)

    await reader.take(7)
    expect(shown(reader.entries)).toEqual(history(chat, 6))
  })
})

describe('A graphql-ws client that does nothing about cuts', () => {
  test('starts over with a fresh snapshot', async () => {
    const auction = await openAuction()
    await using reader = openUnaidedReader(url, auction.subscription)
    await reader.take(1)
    await auction.write(1)
    await reader.take(2)

    proxy.shut()
    await auction.write(1)
    proxy.open()

    expect(shown(await reader.take(3))).toEqual([
      { __typename: 'AuctionSnapshot', offset: 0 },
      { __typename: 'BidPlaced', offset: 1 },
      { __typename: 'AuctionSnapshot', offset: 2 },
    ])
  })
})
