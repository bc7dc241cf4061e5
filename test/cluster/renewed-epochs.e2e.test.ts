import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { connect, record } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const RENEW_EPOCHS = join(import.meta.dirname, '../../scripts/renew-epochs.ts')
/** A check a second, and what the machine adds. */
const NOTICED_WITHIN_MS = 5_000

describe('npm run renew-epochs', () => {
  test('makes every reader of running nodes start over, live or returning, and the auction continues', async () => {
    const databaseUrl = await freshDatabase()
    await using first = await startNode({ databaseUrl })
    await using second = await startNode({ databaseUrl })
    const seller = await first.token('seller')
    const bidder = await first.token('ann')
    const auctionId = await makeAuction(first, seller, await makeRoom(first, seller))
    const { cursor } = await placeBid(first, bidder, { auctionId, amount: 1_000 })
    const client = connect(second.wsUrl, bidder)
    const live = record<BidEntry>(client, BIDS, { auctionId })
    await live.take(1)

    const { stdout } = await promisify(execFile)(process.execPath, [RENEW_EPOCHS], {
      env: { ...process.env, DATABASE_URL: databaseUrl },
    })
    expect(stdout).toMatch(/^Renewed the epochs of \d+ topics\.$/m)

    const [, again] = await live.take(2, NOTICED_WITHIN_MS)
    expect(again).toMatchObject({
      __typename: 'AuctionSnapshot',
      reset: true,
      auction: { currentPrice: 1_000 },
    })
    const returning = record<BidEntry>(client, BIDS, { auctionId, after: cursor })
    await expect(returning.take(1)).resolves.toMatchObject([{ __typename: 'AuctionSnapshot', reset: true }])
    await placeBid(first, await first.token('bob'), { auctionId, amount: 2_000 })
    await expect(returning.take(2)).resolves.toMatchObject([{}, { __typename: 'BidPlaced' }])
    await vi.waitFor(async () => {
      for (const { url } of [first, second]) {
        const metrics = await (await fetch(`${url}/metrics`)).text()
        expect(metrics).toMatch(/^rostrum_histories_replaced_total 1$/m)
      }
    })
    await client.dispose()
  })
})
