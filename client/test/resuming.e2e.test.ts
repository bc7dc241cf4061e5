import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { startProxy, type TcpProxy } from '../../test/support/proxy.ts'
import { type RestartingNode, startRestartingNode } from '../../test/support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../../test/support/rooms.ts'
import { type Entry, READERS } from './readers.ts'

/** As somebody writes it who has never heard of cursors. */
const BIDS = `subscription ($auctionId: ID!) { bids(auctionId: $auctionId) {
  __typename
  ... on BidPlaced { bid { amount bidder { name } } }
} }`

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

interface Auction {
  readonly id: string
  bid(count: number): Promise<void>
}

async function openAuction(): Promise<Auction> {
  const id = await makeAuction(house.node, seller, await makeRoom(house.node, seller))
  let bids = 0
  return {
    id,
    async bid(count) {
      for (let last = bids + count; bids < last; bids += 1) {
        const bidder = bidders[bids % bidders.length] ?? ''
        const { outcome } = await placeBid(house.node, bidder, { auctionId: id, amount: 500 + 100 * bids })
        expect(outcome).toBe('LEADING')
      }
    },
  }
}

/** The snapshot, then `count` bids without a hole. */
function history(count: number): readonly Partial<Entry>[] {
  return [
    { __typename: 'AuctionSnapshot', offset: 0, reset: false },
    ...Array.from({ length: count }, (_, index) => ({ __typename: 'BidPlaced', offset: index + 1 })),
  ]
}

function shown(entries: readonly Entry[]): readonly Partial<Entry>[] {
  return entries.map(({ __typename, offset, reset }) =>
    reset === undefined ? { __typename, offset } : { __typename, offset, reset },
  )
}

describe.each(READERS)('With %s', (_name, open) => {
  test('a reader whose server is killed three times gets every bid once, in order', async () => {
    const auction = await openAuction()
    await using reader = open({ url, token: seller, query: BIDS, variables: { auctionId: auction.id } })
    await vi.waitFor(() => expect(reader.entries).toHaveLength(1), 10_000)
    await auction.bid(2)
    for (let round = 0; round < 3; round += 1) {
      // What is written right before, and while the reader is away, is what would be lost.
      await auction.bid(1)
      await house.crash()
      proxy.shut()
      await auction.bid(2)
      proxy.open()
      await vi.waitFor(() => expect(reader.entries).toHaveLength(1 + 2 + 3 * (round + 1)), 20_000)
    }
    await auction.bid(1)

    await vi.waitFor(() => expect(reader.entries).toHaveLength(1 + 12), 10_000)
    expect(shown(reader.entries)).toEqual(history(12))
    expect(reader.ended()).toBeUndefined()
  })

  test('what the server will not have ends with its code', async () => {
    await using reader = open({
      url,
      token: seller,
      query: BIDS,
      variables: { auctionId: 'no-such-auction' },
    })
    await vi.waitFor(() => expect(reader.ended()).toBeDefined(), 10_000)

    expect(JSON.stringify(reader.ended())).toContain('NOT_FOUND')
    expect(reader.entries).toEqual([])
  })
})
