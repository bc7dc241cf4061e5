import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connect, type Recording, record } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const ENTRIES = `subscription ($auctionId: ID!, $after: Cursor) { bids(auctionId: $auctionId, after: $after) {
  __typename ... on Event { offset at } } }`

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly at: string
}

interface Ending {
  readonly auctionId: string
  readonly endsAt: number
  /** Right after its one bid. */
  readonly after: string | undefined
}

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

describe('an auction that ends', () => {
  let postgres: PostgresServer
  let databaseUrl: string
  let seller: string
  let roomId: string

  beforeAll(async () => {
    postgres = await startPostgres()
    databaseUrl = await postgres.createDatabase()
    await using node = await startNode({ databaseUrl })
    seller = await node.token('seller')
    roomId = await makeRoom(node, seller)
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  async function auctionWithBid(on: TestNode, lastsMs: number): Promise<Ending> {
    const endsAt = inMs(lastsMs)
    const auctionId = await makeAuction(on, seller, roomId, { endsAt })
    const { cursor } = await placeBid(on, await on.token('ann'), { auctionId, amount: 500 })
    return { auctionId, endsAt: Date.parse(endsAt), after: cursor }
  }

  function listen(on: TestNode, { auctionId, after }: Omit<Ending, 'endsAt'>): Recording<Entry> {
    return record(connect(on.wsUrl), ENTRIES, { auctionId, after })
  }

  /** Hears the snapshot and is open. */
  async function listening(on: TestNode, { auctionId }: Ending): Promise<Recording<Entry>> {
    const heard = listen(on, { auctionId, after: undefined })
    expect(await heard.take(1)).toMatchObject([{ __typename: 'AuctionSnapshot', offset: 1 }])
    return heard
  }

  const untilOver = ({ endsAt }: Ending): Promise<boolean> =>
    vi.waitUntil(() => Date.now() > endsAt, { timeout: 10_000 })

  /** When it was sold. Fails where anything else came, or it came twice. */
  async function soldAt(on: TestNode, heard: Recording<Entry>): Promise<number> {
    const entries = () => heard.values.filter(({ __typename }) => __typename !== 'AuctionSnapshot')
    const sold = await vi.waitUntil(() => entries()[0], { timeout: 10_000 })
    expect(sold).toMatchObject({ __typename: 'AuctionSold', offset: 2 })
    // More than the time between two looks of the server: had it come twice, it would have by then.
    const other = await makeAuction(on, seller, roomId, { endsAt: inMs(1_000) })
    await listen(on, { auctionId: other, after: undefined }).take(2)
    expect(entries()).toHaveLength(1)
    return Date.parse(sold.at)
  }

  test('right after a node died is closed by another within ten seconds, once', async () => {
    const [one, other] = await Promise.all([startNode({ databaseUrl }), startNode({ databaseUrl })])
    await using _ = other
    const ending = await auctionWithBid(one, 1_500)
    const heard = await listening(other, ending)
    await one.kill()
    const at = await soldAt(other, heard)
    expect(at).toBeGreaterThanOrEqual(ending.endsAt)
    expect(at - ending.endsAt).toBeLessThan(10_000)
  }, 60_000)

  test('while no node runs is closed when one does again, once', async () => {
    const node = await startNode({ databaseUrl })
    const ending = await auctionWithBid(node, 800)
    await node.kill()
    await untilOver(ending)
    await using again = await startNode({ databaseUrl })
    const ready = Date.now()
    expect((await soldAt(again, listen(again, ending))) - ready).toBeLessThan(1_000)
  }, 60_000)

  test('while the database is down is closed within five seconds of its return, once', async () => {
    await using node = await startNode({ databaseUrl })
    const ending = await auctionWithBid(node, 1_500)
    const heard = await listening(node, ending)
    await postgres.killImmediate()
    await untilOver(ending)
    await postgres.restart()
    const back = Date.now()
    expect((await soldAt(node, heard)) - back).toBeLessThan(5_000)
  }, 60_000)
})
