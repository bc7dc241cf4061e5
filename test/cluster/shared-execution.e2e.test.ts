import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { connect, record } from '../support/graphql-client.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const SUBSCRIBERS = 100

describe('subscribers of one operation', () => {
  let node: TestApp
  let seller: string
  let bidder: string
  let roomId: string

  beforeAll(async () => {
    node = await startTestApp()
    seller = await node.token('seller')
    bidder = await node.token('ann')
    roomId = await makeRoom(node, seller)
  })

  afterAll(() => node[Symbol.asyncDispose]())

  /** How many executions `bids` more bids cost. */
  async function executionsOf(bids: number, auctionId: string, from: number): Promise<number> {
    const before = node.app.hub.stats().executions
    for (let index = 0; index < bids; index += 1)
      await placeBid(node, bidder, { auctionId, amount: from + index * 5_000 })
    return node.app.hub.stats().executions - before
  }

  test('cost one execution an entry, a hundred of them as much as one', async () => {
    const auctionId = await makeAuction(node, seller, roomId)
    const client = connect(node.wsUrl, bidder)
    const recordings = Array.from({ length: SUBSCRIBERS }, () =>
      record<BidEntry>(client, BIDS, { auctionId }),
    )
    await Promise.all(recordings.map((recording) => recording.take(1)))

    expect(await executionsOf(5, auctionId, 1_000)).toBe(5)
    const histories = await Promise.all(recordings.map((recording) => recording.take(6)))
    for (const history of histories) expect(history).toEqual(histories[0])
    await client.dispose()
  })

  test('share executions also where they began at different cursors', async () => {
    const auctionId = await makeAuction(node, seller, roomId)
    const client = connect(node.wsUrl, bidder)
    const early = connect(node.wsUrl)
    const first = record<BidEntry>(early, BIDS, { auctionId })
    await first.take(1)
    await executionsOf(10, auctionId, 1_000)
    const history = await first.take(11)

    const before = node.app.hub.stats().executions
    const late = Array.from({ length: SUBSCRIBERS }, (_, index) => {
      const after = history[index % 10]?.cursor
      return { from: index % 10, recording: record<BidEntry>(client, BIDS, { auctionId, after }) }
    })
    for (const { from, recording } of late)
      expect(await recording.take(10 - from)).toEqual(history.slice(from + 1))
    expect(node.app.hub.stats().executions - before).toBe(0)

    expect(await executionsOf(3, auctionId, 100_000)).toBe(3)
    for (const { from, recording } of late) await recording.take(13 - from)
    await client.dispose()
    await early.dispose()
  })

  test('never share a field that depends on who looks', async () => {
    const MINE = `subscription ($auctionId: ID!) { bids(auctionId: $auctionId) {
      ... on AuctionSnapshot { auction { myMaximum } } ... on BidPlaced { auction { currentPrice myMaximum } } } }`
    const auctionId = await makeAuction(node, seller, roomId)
    const rival = await node.token('ben')
    await placeBid(node, bidder, { auctionId, maximum: 9_000 })
    const clients = [bidder, rival, undefined].map((token) => connect(node.wsUrl, token))
    const [own, other, visitor] = clients.map((client) => record<unknown>(client, MINE, { auctionId }))

    expect(await own?.take(1)).toEqual([{ auction: { myMaximum: 9_000 } }])
    expect(await other?.take(1)).toEqual([{ auction: { myMaximum: null } }])
    expect(await visitor?.take(1)).toEqual([{ auction: { myMaximum: null } }])

    await placeBid(node, rival, { auctionId, maximum: 5_000 })
    expect(await own?.take(3)).toContainEqual({ auction: { currentPrice: 5_000, myMaximum: 9_000 } })
    expect(await other?.take(3)).toContainEqual({ auction: { currentPrice: 5_000, myMaximum: 5_000 } })
    expect(await visitor?.take(3)).toContainEqual({ auction: { currentPrice: 5_000, myMaximum: null } })
    for (const client of clients) await client.dispose()
  })
})
