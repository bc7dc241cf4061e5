import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { decodeCursor, encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { asAuctionId } from '../../../src/features/auctions/ids.ts'
import { auctionTopic } from '../../../src/features/auctions/topics.ts'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { openEventStream } from '../../support/event-stream.ts'
import { connect, record } from '../../support/graphql-client.ts'
import { startNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { openRawSocket } from '../../support/raw-socket.ts'
import { startRedis } from '../../support/redis.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../../support/rooms.ts'
import { scrape } from '../../support/scrape.ts'
import { openSocket } from '../../support/socket.ts'

const PATIENCE = { timeout: 15_000 }
const WEBSOCKETS = 'rostrum_connections{transport="websocket"}'
const ECHO = 'query ($message: String!) { echo(message: $message) }'

let node: TestApp
let seller: string
let bidder: string
let auctionId: string

beforeAll(async () => {
  node = await startTestApp()
  seller = await node.token('seller')
  bidder = await node.token('ann')
})
afterAll(() => node[Symbol.asyncDispose]())

/** Waits until the server has noticed that the clients of the previous test are gone. */
beforeEach(async () => {
  await vi.waitFor(async () => {
    const { value } = await scrape(node.url)
    expect([value(WEBSOCKETS), value('rostrum_subscriptions')]).toEqual([0, 0])
  }, PATIENCE)
})

async function newAuction(): Promise<void> {
  auctionId = await makeAuction(node, seller, await makeRoom(node, seller))
}

function watch(variables: object = {}) {
  const client = connect(node.wsUrl, bidder)
  onTestFinished(async () => client.dispose())
  return { client, bids: record<BidEntry>(client, BIDS, { auctionId, ...variables }) }
}

const sampleOf = async (sample: string, of = node): Promise<number> => (await scrape(of.url)).value(sample)

describe('GET /metrics', () => {
  test('serves the Prometheus text format to anyone', async () => {
    const response = await fetch(`${node.url}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const { types } = await scrape(node.url)
    expect(types.get('rostrum_connections')).toBe('gauge')
    expect(types.get('rostrum_deliveries_total')).toBe('counter')
    expect(types.get('rostrum_delivery_latency_seconds')).toBe('histogram')
    expect(types.get('process_resident_memory_bytes')).toBe('gauge')
    expect(types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge')
  })

  test('answers other methods 405', async () => {
    expect((await fetch(`${node.url}/metrics`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${node.url}/metrics`, { method: 'POST' })).status).toBe(405)
  })

  test('counts the activity of this node only, not of another in the same process', async () => {
    await using other = await startTestApp()
    await newAuction()
    const { bids } = watch()
    await bids.take(1)
    expect(await sampleOf('rostrum_subscriptions')).toBe(1)
    expect(await sampleOf('rostrum_subscriptions', other)).toBe(0)
    expect(await sampleOf(WEBSOCKETS, other)).toBe(0)
  })
})

describe('a client', () => {
  test('shows in connections, subscriptions, deliveries and close codes', async () => {
    await newAuction()
    const before = await scrape(node.url)
    const { client, bids } = watch()
    await bids.take(1)
    const there = await scrape(node.url)
    expect(there.value(WEBSOCKETS)).toBe(before.value(WEBSOCKETS) + 1)
    expect(there.value('rostrum_subscriptions')).toBe(before.value('rostrum_subscriptions') + 1)
    expect(there.value('rostrum_groups')).toBe(before.value('rostrum_groups') + 1)
    expect(there.value('rostrum_deliveries_total')).toBe(before.value('rostrum_deliveries_total') + 1)

    await placeBid(node, bidder, { auctionId, amount: 1_000 })
    await placeBid(node, bidder, { auctionId, amount: 6_000 })
    await bids.take(3)
    expect(await sampleOf('rostrum_deliveries_total')).toBe(there.value('rostrum_deliveries_total') + 2)
    expect(await sampleOf('rostrum_executions_total')).toBe(there.value('rostrum_executions_total') + 2)

    await client.dispose()
    await vi.waitFor(async () => {
      const after = await scrape(node.url)
      for (const gauge of [WEBSOCKETS, 'rostrum_subscriptions', 'rostrum_groups']) {
        expect(after.value(gauge)).toBe(before.value(gauge))
      }
      const closes = 'rostrum_closes_total{code="1000"}'
      expect(after.value(closes)).toBe(before.value(closes) + 1)
    }, PATIENCE)
  })

  test('over server-sent events counts as a separate kind of connection', async () => {
    await newAuction()
    const streams = 'rostrum_connections{transport="sse"}'
    const stream = await openEventStream(node.url, { query: BIDS, variables: { auctionId }, token: bidder })
    await stream.next()
    expect(await sampleOf(streams)).toBe(1)
    await stream[Symbol.asyncDispose]()
    await vi.waitFor(async () => expect(await sampleOf(streams)).toBe(0), PATIENCE)
  })

  test('that resumes counts as a replay, and one that cannot as a reset with its reason', async () => {
    await newAuction()
    const [snapshot] = await watch().bids.take(1)
    await placeBid(node, bidder, { auctionId, amount: 1_000 })
    const before = await scrape(node.url)
    await watch({ after: snapshot?.cursor }).bids.take(1)
    const resumed = await scrape(node.url)
    expect(resumed.value('rostrum_replays_total')).toBe(before.value('rostrum_replays_total') + 1)
    const resets = 'rostrum_resets_total{reason="ahead"}'
    expect(resumed.value(resets)).toBe(before.value(resets))

    const topic = auctionTopic(asAuctionId(auctionId))
    const position = decodeCursor(topic, snapshot?.cursor ?? '')
    if (position === undefined) throw new Error('the cursor is of another topic')
    const ahead = encodeCursor(topic, { ...position, offset: asOffset(99) })
    expect((await watch({ after: ahead }).bids.take(1))[0]).toMatchObject({ reset: true })
    const reset = await scrape(node.url)
    expect(reset.value(resets)).toBe(before.value(resets) + 1)
    expect(reset.value('rostrum_replays_total')).toBe(resumed.value('rostrum_replays_total'))
  })
})

describe('the latency of deliveries', () => {
  test('counts an entry once per group, regardless of its size', async () => {
    await newAuction()
    const { client, bids } = watch()
    const others = Array.from({ length: 9 }, () => record<BidEntry>(client, BIDS, { auctionId }))
    for (const each of [bids, ...others]) await each.take(1)
    const before = await scrape(node.url)
    expect(before.value('rostrum_group_subscribers{of="largest"}')).toBe(10)

    for (const amount of [1_000, 6_000, 11_000]) await placeBid(node, bidder, { auctionId, amount })
    for (const each of [bids, ...others]) await each.take(4)
    const after = await scrape(node.url)
    const name = 'rostrum_delivery_latency_seconds'
    const grew = (sample: string) => after.value(sample) - before.value(sample)
    expect(grew(`${name}_count`)).toBe(3)
    expect(grew(`${name}_bucket{le="+Inf"}`)).toBe(3)
    expect(grew(`${name}_bucket{le="30"}`)).toBe(3)
    expect(grew(`${name}_sum`)).toBeGreaterThan(0)
    expect(grew(`${name}_sum`)).toBeLessThan(30)
    expect(grew('rostrum_deliveries_total')).toBe(30)
  })

  test('excludes replayed entries', async () => {
    await newAuction()
    const [snapshot] = await watch().bids.take(1)
    await placeBid(node, bidder, { auctionId, amount: 1_000 })
    const first = watch({ after: snapshot?.cursor })
    await first.bids.take(1)
    const count = 'rostrum_delivery_latency_seconds_count'
    const before = await sampleOf(count)
    await watch({ after: snapshot?.cursor }).bids.take(1)
    expect(await sampleOf(count)).toBe(before)
  })
})

describe('commands', () => {
  test('are counted by outcome, duration and batch', async () => {
    await newAuction()
    const before = await scrape(node.url)
    await placeBid(node, bidder, { auctionId, amount: 1_000 })
    await placeBid(node, bidder, { auctionId, amount: 1 })
    const after = await scrape(node.url)
    const grew = (sample: string) => after.value(sample) - before.value(sample)
    expect(grew('rostrum_commands_total{outcome="accepted"}')).toBeGreaterThanOrEqual(1)
    expect(grew('rostrum_commands_total{outcome="rejected"}')).toBe(1)
    expect(grew('rostrum_command_latency_seconds_count')).toBeGreaterThanOrEqual(2)
    expect(grew('rostrum_command_batch_size_sum')).toBeGreaterThanOrEqual(2)
    expect(after.value('rostrum_database_connections{state="total"}')).toBeGreaterThanOrEqual(1)
  })
})

describe('the end of a WebSocket', () => {
  /** Awaited: the server notices a close a moment after the client. */
  async function expectClose(code: string, close: () => Promise<unknown>): Promise<void> {
    const sample = `rostrum_closes_total{code="${code}"}`
    const before = await sampleOf(sample)
    await close()
    await vi.waitFor(async () => expect(await sampleOf(sample)).toBe(before + 1), PATIENCE)
  }

  test('is counted under its close code', async () => {
    await expectClose('4403', async () => {
      using socket = await openRawSocket(node.wsUrl, { init: false })
      socket.send({ type: 'connection_init', payload: { token: 'none' } })
      expect(await socket.closed).toBe(4403)
    })
  })

  test('after a message above the size limit is counted under 1009', async () => {
    await expectClose('1009', async () => {
      using socket = await openRawSocket(node.wsUrl)
      socket.send({ type: 'ping', payload: { text: 'x'.repeat(70_000) } })
      expect(await socket.closed).toBe(1009)
    })
  })

  test('with a code of the client’s own is counted under other', async () => {
    await expectClose('other', async () => {
      const socket = new WebSocket(node.wsUrl, 'graphql-transport-ws')
      await new Promise((resolve) => socket.once('open', resolve))
      socket.close(3999)
    })
  })

  test('because the client does not read is counted under 4901, after its queued bytes were shown', async () => {
    await using slow = await startTestApp({ MAX_SEND_BUFFER_BYTES: '4000000' })
    const socket = new WebSocket(slow.wsUrl, 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(JSON.stringify({ type: 'connection_init' }))
    await new Promise((resolve) => socket.once('message', resolve))
    socket.pause()
    const queued = 'rostrum_send_buffer_bytes{transport="websocket"}'
    let asked = 0
    await vi.waitFor(async () => {
      asked += 1
      const payload = { query: ECHO, variables: { message: 'x'.repeat(50_000) } }
      for (const part of Array(10).keys()) {
        socket.send(JSON.stringify({ type: 'subscribe', id: `${asked}.${part}`, payload }))
      }
      expect(await sampleOf(queued, slow)).toBeGreaterThan(0)
    }, PATIENCE)
    await vi.waitFor(async () => {
      asked += 1
      const payload = { query: ECHO, variables: { message: 'x'.repeat(50_000) } }
      for (const part of Array(20).keys()) {
        if (socket.readyState === socket.OPEN)
          socket.send(JSON.stringify({ type: 'subscribe', id: `${asked}.${part}`, payload }))
      }
      expect(await sampleOf('rostrum_closes_total{code="4901"}', slow)).toBe(1)
    }, PATIENCE)
    expect(await sampleOf(queued, slow)).toBe(0)
  }, 60_000)
})

describe('a node whose Redis is down', () => {
  test('reports it at the next scrape, and counts the gaps that it repairs meanwhile', async () => {
    await using redis = await startRedis()
    await using single = await startNode({ databaseUrl: await freshDatabase(), redisUrl: redis.url })
    const token = await single.token('seller')
    const lot = await makeAuction(single, token, await makeRoom(single, token))
    const other = await single.token('ann')
    using socket = await openSocket(single.wsUrl)
    await socket.init({ token: other })
    const id = socket.subscribe(BIDS, { auctionId: lot })
    await socket.receive('next', id)
    const up = await scrape(single.url)
    expect(up.value('rostrum_bus_up')).toBe(1)
    expect(up.value('rostrum_ready')).toBe(1)
    expect(up.value('rostrum_bus_probe_age_seconds')).toBeLessThan(5)

    await redis.kill()
    await vi.waitFor(async () => expect((await scrape(single.url)).value('rostrum_bus_up')).toBe(0), PATIENCE)
    const away = await scrape(single.url)
    expect(away.value('rostrum_ready')).toBe(1)
    await vi.waitFor(async () => {
      const shared = await scrape(single.url)
      expect(shared.value('rostrum_presence_up')).toBe(0)
      expect(shared.value('rostrum_limits_up')).toBe(0)
    }, PATIENCE)
    expect(away.value('rostrum_problem{part="database"}')).toBe(0)
    await vi.waitFor(
      async () =>
        expect((await scrape(single.url)).value('rostrum_bus_probe_age_seconds')).toBeGreaterThan(
          away.value('rostrum_bus_probe_age_seconds'),
        ),
      PATIENCE,
    )
    await placeBid(single, other, { auctionId: lot, amount: 1_000 })
    await socket.receive('next', id)
    const gaps = 'rostrum_gaps_repaired_total'
    await vi.waitFor(
      async () => expect((await scrape(single.url)).value(gaps)).toBeGreaterThan(up.value(gaps)),
      PATIENCE,
    )

    await redis.restart()
    for (const part of ['bus', 'presence', 'limits']) {
      await vi.waitFor(async () => expect((await scrape(single.url)).value(`rostrum_${part}_up`)).toBe(1), {
        timeout: 20_000,
      })
    }
  }, 90_000)
})
