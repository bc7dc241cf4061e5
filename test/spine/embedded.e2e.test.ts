import { describe, expect, test } from 'vitest'
import { connect, record } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const KILLS = 3
const BIDS_A_ROUND = 60
const SEEN_BEFORE_KILL = 10

describe('an embedded node that is killed with -9 while bids come in', () => {
  test('has every bid that it accepted, and its client gets exactly what it missed, in order', async () => {
    let node = await startNode()
    const { folder } = node
    const seller = await node.token('seller')
    const bidders = [await node.token('ann'), await node.token('ben')]
    const roomId = await makeRoom(node, seller)
    const auctionId = await makeAuction(node, seller, roomId)
    const seen: BidEntry[] = []
    const accepted: number[] = []
    let amount = 500

    for (let round = 0; round < KILLS; round += 1) {
      const client = connect(node.wsUrl, bidders[0])
      const recording = record<BidEntry>(client, BIDS, { auctionId, after: seen.at(-1)?.cursor ?? null })
      if (round === 0) await recording.take(1)
      const { length } = recording.values
      const bidding = Array.from({ length: BIDS_A_ROUND }, async (_, index) => {
        amount += 1_000
        const offered = amount
        const bid = { auctionId, amount: offered }
        const answer = await placeBid(node, bidders[index % 2] ?? '', bid).catch(() => undefined)
        if (answer?.outcome !== undefined) accepted.push(offered)
      })
      await recording.take(length + SEEN_BEFORE_KILL)
      await node.kill()
      await Promise.all(bidding)
      await recording.ended
      seen.push(...recording.values)
      await client.dispose()
      node = await startNode({ folder })
    }

    await using last = node
    const client = connect(last.wsUrl, bidders[0])
    const rest = record<BidEntry>(client, BIDS, { auctionId, after: seen.at(-1)?.cursor })
    amount += 100_000
    const { cursor } = await placeBid(last, bidders[1] ?? '', { auctionId, amount })
    while (rest.values.at(-1)?.cursor !== cursor) await rest.take(rest.values.length + 1)
    seen.push(...rest.values)
    await client.dispose()

    expect(seen.map(({ offset }) => offset)).toEqual(seen.map((_, index) => index))
    const shown = seen.flatMap(({ bid }) => (bid === undefined ? [] : [bid.amount]))
    expect(accepted.filter((offered) => !shown.includes(offered))).toEqual([])
    expect(accepted.length).toBeGreaterThan(KILLS * SEEN_BEFORE_KILL - KILLS)
  }, 90_000)
})
