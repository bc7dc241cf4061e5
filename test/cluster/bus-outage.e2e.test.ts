import { describe, expect, test, vi } from 'vitest'
import { connect, record } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { startRedis } from '../support/redis.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

interface ReadyAnswer {
  readonly ready: boolean
  readonly warnings: readonly { readonly part: string }[]
}

async function readiness(url: string): Promise<ReadyAnswer> {
  const response = await fetch(`${url}/ready`)
  expect(response.status).toBe(200)
  return (await response.json()) as ReadyAnswer
}

describe('two nodes whose Redis is killed and comes back empty', () => {
  test('deliver on in the meantime, say so, and recover', async () => {
    await using redis = await startRedis()
    const options = { databaseUrl: await freshDatabase(), redisUrl: redis.url }
    await using first = await startNode(options)
    await using second = await startNode(options)
    const bidder = await first.token('ann')
    const auctionId = await makeAuction(
      first,
      await first.token('seller'),
      await makeRoom(first, await first.token('seller')),
    )
    const client = connect(second.wsUrl, bidder)
    const recording = record<BidEntry>(client, BIDS, { auctionId })
    await recording.take(1)

    await redis.kill()
    const killedAt = Date.now()
    await placeBid(first, bidder, { auctionId, amount: 1_000 })
    await recording.take(2)
    expect(Date.now() - killedAt).toBeLessThan(5_000)
    await vi.waitFor(
      async () =>
        expect((await readiness(second.url)).warnings.map(({ part }) => part)).toEqual([
          'bus',
          'presence',
          'limits',
        ]),
      { timeout: 10_000 },
    )

    await redis.restart()
    await vi.waitFor(async () => expect(await readiness(second.url)).toEqual({ ready: true, warnings: [] }), {
      timeout: 15_000,
    })
    await placeBid(first, bidder, { auctionId, amount: 2_000 })
    const history = await recording.take(3)
    expect(history.map(({ offset }) => offset)).toEqual([0, 1, 2])
    await client.dispose()
  }, 60_000)
})
