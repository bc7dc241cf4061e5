import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { connect } from '../support/graphql-client.ts'
import { makeRoom, placeBid } from '../support/rooms.ts'
import { openTickers, type Shown, type Tickers } from '../support/tickers.ts'

const CREATE = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) {
  ... on AuctionPayload { auction { id } } ... on Rejected { code reason } } }`
const SHOWN = '{ id currentPrice }'
const ALL = `subscription ($everyMs: Int) { auctionUpdates(everyMs: $everyMs) ${SHOWN} }`
const ROOM = `subscription ($roomId: ID!, $everyMs: Int) { auctionUpdates(roomId: $roomId, everyMs: $everyMs) ${SHOWN} }`
const EVERY_MS = 200
const HOUR_MS = 3_600_000
const LOTS = { main: 400, side: 60, hidden: 40 }
const PER_CONNECTION = 10
const PATIENCE = { timeout: 15_000, interval: 20 }

interface Sale {
  readonly roomId: string
  readonly ids: readonly string[]
}

interface Group {
  readonly tickers: readonly Tickers[]
  /** The auctions that it may see. */
  readonly ids: readonly string[]
}

describe('a list of 500 live auctions that a thousand follow', () => {
  let node: TestApp
  /** Sees every room but the administrators'. */
  let service: string
  let sales: { readonly main: Sale; readonly side: Sale; readonly hidden: Sale }
  const opened = new DisposableStack()

  beforeAll(async () => {
    node = await startTestApp({ MAX_SUBSCRIPTIONS_PER_CONNECTION: '1000' })
    service = await node.token('engine', { roles: ['service'] })
    sales = {
      main: await openSale(LOTS.main),
      side: await openSale(LOTS.side),
      hidden: await openSale(LOTS.hidden, { visibility: 'MEMBERS' }),
    }
  })
  afterAll(async () => {
    opened.dispose()
    await node[Symbol.asyncDispose]()
  })

  /** A room with so many auctions, made all at once over one connection. */
  async function openSale(count: number, input: object = {}): Promise<Sale> {
    const seller = await node.token('seller')
    const roomId = await makeRoom(node, seller, input)
    const client = connect(node.wsUrl, seller)
    const endsAt = new Date(Date.now() + HOUR_MS).toISOString()
    const variables = { input: { roomId, title: 'A lot', currency: 'EUR', startingPrice: 500, endsAt } }
    const make = async (): Promise<string> => {
      for await (const { data } of client.iterate<{ createAuction: { auction: Shown } }>({
        query: CREATE,
        variables,
      })) {
        if (data) return data.createAuction.auction.id
      }
      throw new Error('a mutation ended without an answer')
    }
    const ids = await Promise.all(Array.from({ length: count }, make))
    await client.dispose()
    return { roomId, ids }
  }

  /** So many subscribers, ten a connection. */
  async function follow(count: number, token: string | undefined, query: string, roomId?: string) {
    const variables = { everyMs: EVERY_MS, roomId }
    return Promise.all(
      Array.from({ length: count / PER_CONNECTION }, async () =>
        opened.use(await openTickers(node.wsUrl, token, PER_CONNECTION, query, variables)),
      ),
    )
  }

  async function everyoneIn({ tickers }: Group, is: (shown: readonly Shown[]) => boolean): Promise<void> {
    await vi.waitUntil(() => tickers.every(({ subscribers }) => subscribers.every(is)), PATIENCE)
  }

  test('shows each subscriber all that it may see, and executes a change once a group', async () => {
    const { main, side, hidden } = sales
    const before = node.app.hub.stats()
    const groups: readonly Group[] = await Promise.all([
      follow(200, service, ALL).then((tickers) => ({
        tickers,
        ids: [...main.ids, ...side.ids, ...hidden.ids],
      })),
      follow(600, undefined, ALL).then((tickers) => ({ tickers, ids: [...main.ids, ...side.ids] })),
      follow(100, undefined, ROOM, main.roomId).then((tickers) => ({ tickers, ids: main.ids })),
      follow(100, service, ROOM, hidden.roomId).then((tickers) => ({ tickers, ids: hidden.ids })),
    ])
    for (const group of groups) {
      const { ids, tickers } = group
      await everyoneIn(group, (shown) => shown.length >= ids.length)
      for (const shown of tickers.flatMap(({ subscribers }) => subscribers)) {
        expect(shown).toHaveLength(ids.length)
        expect(new Set(shown.map(({ id }) => id))).toEqual(new Set(ids))
      }
    }
    // Readers with the same selection of the same list form one group, whatever each may see of it.
    const listed = LOTS.main + LOTS.side + LOTS.hidden + LOTS.main + LOTS.hidden
    const after = node.app.hub.stats()
    expect(after).toMatchObject({ groups: 3, subscribers: 1_000 })
    expect(after.executions - before.executions).toBe(listed)

    const changed = [...main.ids.slice(0, 6), ...side.ids.slice(0, 3), ...hidden.ids.slice(0, 2)]
    for (const [index, auctionId] of changed.entries()) {
      await placeBid(node, service, { auctionId, amount: 5_000 })
      await placeBid(node, service, { auctionId, amount: 9_000 + index })
    }
    for (const group of groups) {
      const due = group.ids.filter((id) => changed.includes(id))
      const priceOf = (id: string): number => 9_000 + changed.indexOf(id)
      await everyoneIn(group, (shown) => {
        const last = new Map(shown.slice(group.ids.length).map(({ id, currentPrice }) => [id, currentPrice]))
        return due.every((id) => last.get(id) === priceOf(id))
      })
      for (const shown of group.tickers.flatMap(({ subscribers }) => subscribers)) {
        const news = shown.slice(group.ids.length).map(({ id }) => id)
        expect(new Set(news)).toEqual(new Set(due))
      }
    }
    // Two bids are one change or two, depending on when the database was read: main and hidden have two groups each.
    const once = changed.length + 6 + 2
    const executions = node.app.hub.stats().executions - after.executions
    expect(executions).toBeGreaterThanOrEqual(once)
    expect(executions).toBeLessThanOrEqual(once * 2)
    expect(node.app.hub.stats().deliveries - after.deliveries).toBeGreaterThan(executions * 50)
  })
})
