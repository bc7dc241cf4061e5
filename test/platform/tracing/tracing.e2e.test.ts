import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, record } from '../../support/graphql-client.ts'
import { startNode, type TestNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'
import { BIDS, type BidEntry, makeAuction, makeRoom, placeBid } from '../../support/rooms.ts'
import { openSocket } from '../../support/socket.ts'
import { type ReceivedSpan, startTraceReceiver, type TraceReceiver } from '../../support/trace-receiver.ts'

const BID = `mutation PlaceIt($input: PlaceBidInput!) { placeBid(input: $input) {
  ... on BidAccepted { outcome cursor } ... on Rejected { code } } }`
const SEND = `mutation Say($input: SendMessageInput!) { sendMessage(input: $input) {
  ... on MessagePayload { message { id } } ... on Rejected { code reason } } }`

/** A trace that began at a client, and which its sampler takes. */
function newTrace(flags = '01') {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` }
}

let keys = 0

function bidOn(auctionId: string, maximum: number) {
  keys += 1
  return { input: { auctionId, maximum, idempotencyKey: `very-private-key-${keys}` } }
}

async function postTraced(node: TestNode, variables: object, token: string, traceparent: string) {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, traceparent },
    body: JSON.stringify({ query: BID, variables }),
  })
  expect(await response.json()).toMatchObject({ data: { placeBid: { outcome: expect.any(String) } } })
}

const nodeOf = ({ resource }: ReceivedSpan) => resource['service.instance.id']

describe('two nodes that trace', () => {
  let receiver: TraceReceiver
  let nodes: readonly [TestNode, TestNode]
  let seller: string
  let roomId: string

  beforeAll(async () => {
    receiver = await startTraceReceiver()
    const options = {
      databaseUrl: await freshDatabase(),
      redisUrl: sharedRedisUrl(),
      env: {
        REDIS_PREFIX: freshRedisPrefix(),
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
    }
    nodes = await Promise.all([startNode(options), startNode(options)])
    seller = await nodes[0].token('seller')
    roomId = await makeRoom(nodes[0], seller)
  })
  afterAll(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
  })

  function spanIn(traceId: string, name: string): Promise<ReceivedSpan> {
    return receiver.find((span) => span.traceId === traceId && span.name === name)
  }

  test('follow a mutation from the client to its delivery on the other node', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    const client = connect(nodes[1].wsUrl)
    const recordings = [1, 2, 3].map(() => record<BidEntry>(client, BIDS, { auctionId }))
    await Promise.all(recordings.map((recording) => recording.take(1)))
    const trace = newTrace()

    await postTraced(nodes[0], bidOn(auctionId, 900), await nodes[0].token('ann'), trace.traceparent)
    await Promise.all(recordings.map((recording) => recording.take(2)))

    const [request, operation, wait, transaction, publish, receive, deliver] = await Promise.all(
      [
        'POST /graphql',
        'mutation',
        'wait auction',
        'transaction auction',
        'publish auction',
        'receive auction',
        'deliver auction',
      ].map((name) => spanIn(trace.traceId, name)),
    )
    expect(request?.parentSpanId).toBe(trace.spanId)
    expect(operation?.parentSpanId).toBe(request?.spanId)
    expect(wait?.parentSpanId).toBe(operation?.spanId)
    expect(transaction?.parentSpanId).toBe(operation?.spanId)
    expect(transaction?.links).toEqual([
      expect.objectContaining({ traceId: trace.traceId, spanId: operation?.spanId }),
    ])
    expect(publish?.parentSpanId).toBe(transaction?.spanId)
    expect(receive?.parentSpanId).toBe(publish?.spanId)
    expect(deliver?.parentSpanId).toBe(receive?.spanId)

    const senders = [request, operation, wait, transaction, publish].map((span) => span && nodeOf(span))
    expect(new Set(senders).size).toBe(1)
    expect(receive && nodeOf(receive)).not.toBe(senders[0])
    expect(deliver && nodeOf(deliver)).toBe(receive && nodeOf(receive))
    expect(request?.resource).toMatchObject({ 'service.name': 'rostrum' })
    expect(request?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
    })
    expect(operation?.attributes).toEqual({
      'graphql.operation.type': 'mutation',
      'graphql.operation.name': 'PlaceIt',
    })
    expect(transaction?.attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'db.operation.batch.size': 1,
    })
    expect(publish?.attributes).toMatchObject({
      'messaging.system': 'redis',
      'messaging.destination.template': 'auction',
    })
    // One span, however many read it.
    expect(deliver?.attributes).toMatchObject({ 'rostrum.groups': 1, 'rostrum.deliveries': 3 })
    const deliveries = receiver.spans.filter(
      ({ traceId, name }) => traceId === trace.traceId && name === 'deliver auction',
    )
    expect(deliveries).toHaveLength(1)
    await client.dispose()
  })

  test('continue the trace of a WebSocket operation or connection', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    const [ofConnection, ofMessage] = [newTrace(), newTrace()]
    using socket = await openSocket(nodes[1].wsUrl)
    await socket.init({
      authorization: `Bearer ${await nodes[1].token('bob')}`,
      traceparent: ofConnection.traceparent,
    })
    await socket.receive('next', socket.subscribe(BIDS, { auctionId }))
    const payload = { query: BID, variables: bidOn(auctionId, 1200) }
    const extensions = { traceparent: ofMessage.traceparent }
    socket.send({ type: 'subscribe', id: 'bid', payload: { ...payload, extensions } })
    expect((await socket.receive('next', 'bid')).payload).toMatchObject({ data: {} })

    const subscription = await spanIn(ofConnection.traceId, 'subscription')
    expect(subscription.parentSpanId).toBe(ofConnection.spanId)
    const mutation = await spanIn(ofMessage.traceId, 'mutation')
    expect(mutation.parentSpanId).toBe(ofMessage.spanId)
    expect(mutation.attributes).toMatchObject({ 'network.protocol.name': 'websocket' })
    await spanIn(ofMessage.traceId, 'deliver auction')
  })

  test('link a transaction to every mutation in it', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    using socket = await openSocket(nodes[0].wsUrl)
    await socket.init({ authorization: `Bearer ${await nodes[0].token('cleo')}` })
    const traces = Array.from({ length: 30 }, () => newTrace())
    for (const [index, { traceparent }] of traces.entries()) {
      const payload = { query: BID, variables: bidOn(auctionId, 1_000 + 1_000 * index) }
      socket.send({
        type: 'subscribe',
        id: `bid ${index}`,
        payload: { ...payload, extensions: { traceparent } },
      })
    }
    const operations = await Promise.all(traces.map(({ traceId }) => spanIn(traceId, 'mutation')))

    const linked = () =>
      receiver.spans
        .filter(({ name }) => name === 'transaction auction')
        .flatMap(({ links = [] }) => links.map(({ spanId }) => spanId))
    for (const { spanId } of operations) {
      await receiver.find(({ links = [] }) => links.some((link) => link.spanId === spanId))
      expect(linked().filter((each) => each === spanId)).toHaveLength(1)
    }
    const batches = receiver.spans.filter(({ links = [] }) =>
      links.some(({ spanId }) => spanId === operations[0]?.spanId),
    )
    expect(batches[0]?.attributes['db.operation.batch.size']).toBe(batches[0]?.links?.length)
  })

  test('export nothing private', async () => {
    const token = await nodes[0].token('dora-of-the-hidden-name', { name: 'Dora Hidden' })
    const auctionId = await makeAuction(nodes[0], seller, roomId, { title: 'A hidden lot' })
    const room = await makeRoom(nodes[0], token, { name: 'A hidden room' })
    const trace = newTrace()
    await placeBid(nodes[0], token, { auctionId, maximum: 987_654_321, idempotencyKey: 'hidden-key' })
    const response = await fetch(`${nodes[0].url}/graphql?token=${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: trace.traceparent },
      body: JSON.stringify({
        query: SEND,
        variables: { input: { roomId: room, body: 'hidden words', clientMessageId: 'hidden-id' } },
      }),
    })
    expect(response.status).toBe(200)
    await spanIn(trace.traceId, 'POST /graphql')
    // What comes after it is of the same batch of spans, or an earlier one.
    await spanIn(trace.traceId, 'mutation')
    for (const secret of [token, 'idden', '987654321', 'very-private', 'Bearer', auctionId, room])
      expect(receiver.text).not.toContain(secret)
    expect(receiver.text).not.toContain('placeBid(')
  })

  test('record nothing of a trace that its client did not sample', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    const ann = await nodes[0].token('ann')
    const [left, taken] = [newTrace('00'), newTrace()]
    await postTraced(nodes[0], bidOn(auctionId, 900), ann, left.traceparent)
    // By another bidder: raising one's own maximum makes no entry.
    await postTraced(nodes[0], bidOn(auctionId, 1900), await nodes[0].token('bob'), taken.traceparent)
    await spanIn(taken.traceId, 'publish auction')
    expect(receiver.spans.filter(({ traceId }) => traceId === left.traceId)).toEqual([])
  })

  test('start a new trace if the received one is malformed', async () => {
    const auctionId = await makeAuction(nodes[0], seller, roomId)
    const ann = await nodes[0].token('ann')
    await postTraced(nodes[0], bidOn(auctionId, 900), ann, '00-zero-zero-01')
    const roots = receiver.spans.filter(({ name, parentSpanId }) => name === 'POST /graphql' && !parentSpanId)
    expect(roots.length).toBeGreaterThan(0)
  })
})

// Each starts a node of its own.
describe('a node that traces', { timeout: 60_000 }, () => {
  test('sends the remaining spans on shutdown', async () => {
    await using receiver = await startTraceReceiver()
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_SERVICE_NAME: 'saleroom',
      OTEL_BSP_SCHEDULE_DELAY: '60000',
    }
    await using node = await startNode({ databaseUrl: await freshDatabase(), env })
    await makeRoom(node, await node.token('owner'))
    expect(receiver.spans).toEqual([])
    await node.stop()
    const transaction = receiver.spans.find(({ name }) => name === 'transaction room')
    expect(transaction?.resource).toMatchObject({ 'service.name': 'saleroom' })
  })

  test.each(['hang', 'refuse', 'put off'] as const)(
    'serves, and stops in time, while its collector answers with %s',
    async (manner) => {
      await using receiver = await startTraceReceiver(manner)
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50' }
      await using node = await startNode({ databaseUrl: await freshDatabase(), env })
      const owner = await node.token('owner')
      const roomId = await makeRoom(node, owner)
      await receiver.asked(1)
      const auctionId = await makeAuction(node, owner, roomId)
      for (let maximum = 1_000; maximum <= 5_000; maximum += 1_000)
        expect(await placeBid(node, await node.token('ann'), { auctionId, maximum })).toMatchObject({
          outcome: expect.any(String),
        })
      const since = performance.now()
      await node.stop()
      // Half of what draining may take; the receiver alone would hold it up for 10 s an attempt.
      expect(performance.now() - since).toBeLessThan(15_000)
      expect(await node.exited).toContain(manner === 'refuse' ? 'the collector refused spans' : '')
    },
  )

  test('records nothing if the sampler says so', async () => {
    await using receiver = await startTraceReceiver()
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER: 'always_off',
    }
    await using node = await startNode({ databaseUrl: await freshDatabase(), env })
    await makeRoom(node, await node.token('owner'))
    await node.stop()
    expect(receiver.requests).toBe(0)
  })
})
