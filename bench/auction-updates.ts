import { setTimeout as pause } from 'node:timers/promises'
import { startNode, type TestNode } from '../test/support/node.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { makeAuction, makeRoom } from '../test/support/rooms.ts'
import { type Bidder, openBidder } from './bidder.ts'
import { cpuMsOf, measurePings, quantilesOf } from './figures.ts'
import { openWatchers, type Watchers } from './watchers.ts'

/**
 * A list of 500 live auctions, followed by 1,000 subscribers over 100 connections, while bids arrive on them, each on
 * the next auction in turn. Server, database and subscribers share the machine.
 */
const AUCTIONS = 500
const CONNECTIONS = 100
const PER_CONNECTION = 10
const SUBSCRIBERS = CONNECTIONS * PER_CONNECTION
const BIDDERS = 16
const BIDS_PER_SECOND = [0, 25, 100, 250]
const ROUND_MS = 10_000
const UPDATES = `subscription { auctionUpdates { id phase currentPrice minimumBid bidCount endsAt leader { id name } } }`
const UPDATE = /"id":"([^"]+)","phase":"[A-Z]+","currentPrice":(\d+)/
const FIRST_OPERATION = '0'.charCodeAt(0)

interface Tick {
  readonly bid: string
  readonly at: number
}

let deliveries = 0
let bytes = 0
let ticks: Tick[] = []

/** All are counted; one of each connection is read. */
function onFrame(frame: Buffer): void {
  deliveries += 1
  bytes += frame.length
  // {"id":"0", …
  if (frame[7] !== FIRST_OPERATION || frame[8] !== 34) return
  const [, id, price] = UPDATE.exec(frame.toString('latin1')) ?? []
  if (id !== undefined) ticks.push({ bid: `${id} ${price}`, at: performance.now() })
}

async function openAuctions(node: TestNode): Promise<readonly string[]> {
  const seller = await node.token('seller')
  const roomId = await makeRoom(node, seller)
  const terms = { startingPrice: 1, increments: [{ from: 0, step: 1 }] }
  const made: string[] = []
  for (let from = 0; from < AUCTIONS; from += 50) {
    const some = Array.from({ length: 50 }, () => makeAuction(node, seller, roomId, terms))
    made.push(...(await Promise.all(some)))
  }
  return made
}

/** Resolves when every subscriber was sent so many in all. */
async function delivered(count: number): Promise<void> {
  while (deliveries < count) await pause(5)
}

/** Also the next price: bidders name their commands by it. */
let turn = 1

/** Bids at an even pace; returns when each bid was accepted. */
async function bidAt(
  perSecond: number,
  auctions: readonly string[],
  bidders: readonly Bidder[],
): Promise<ReadonlyMap<string, number>> {
  const accepted = new Map<string, number>()
  const start = performance.now()
  let planned = 0
  const work = async (bidder: Bidder): Promise<void> => {
    for (;;) {
      const due = start + (planned / perSecond) * 1000
      planned += 1
      if (due >= start + ROUND_MS) return
      await pause(Math.max(0, due - performance.now()))
      const price = turn
      turn += 1
      const auctionId = auctions[price % auctions.length] ?? ''
      const answer = await bidder.bid(auctionId, price)
      if (answer !== 'LEADING') throw new Error(`a bid was answered ${answer}`)
      accepted.set(`${auctionId} ${price}`, performance.now())
    }
  }
  if (perSecond === 0) await pause(ROUND_MS)
  else await Promise.all(bidders.map(work))
  return accepted
}

async function measure(
  node: TestNode,
  perSecond: number,
  auctions: readonly string[],
  bidders: readonly Bidder[],
): Promise<void> {
  const before = { deliveries, bytes, own: process.cpuUsage(), server: await cpuMsOf(node.pid) }
  ticks = []
  let isOver = false
  const pings = measurePings(node.wsUrl, () => isOver)
  const start = performance.now()
  const accepted = await bidAt(perSecond, auctions, bidders)
  const seconds = (performance.now() - start) / 1000
  isOver = true
  const server = (await cpuMsOf(node.pid)) - before.server
  const own = process.cpuUsage(before.own)
  const latencies = ticks.flatMap(({ bid, at }) => {
    const since = accepted.get(bid)
    return since === undefined ? [] : [Math.max(0, at - since)]
  })
  const share = (ms: number): string => `${(ms / seconds / 10).toFixed(0)} %`
  console.log(`${(accepted.size / seconds).toFixed(0)} bids/s`)
  console.log(
    `  deliveries      ${((deliveries - before.deliveries) / seconds).toFixed(0)}/s, ${((bytes - before.bytes) / seconds / 1e6).toFixed(1)} MB/s`,
  )
  console.log(
    `  CPU             server ${share(server)}, subscribers ${share((own.user + own.system) / 1000)} of a core`,
  )
  if (latencies.length > 0)
    console.log(`  answer to tick  ${quantilesOf(latencies)} (${latencies.length} seen)`)
  console.log(`  ping of server  ${quantilesOf(await pings)}`)
}

await using postgres = await startPostgres({ fsync: true })
await using node = await startNode({
  databaseUrl: await postgres.createDatabase(),
  env: {
    MUTATIONS_PER_SECOND: '1000000',
    QUERY_COST_PER_SECOND: '1000000000',
    MAX_CONNECTIONS_PER_USER: '1000',
  },
})
const auctions = await openAuctions(node)
const watchers: Watchers[] = []
for (let index = 0; index < CONNECTIONS; index += 1) {
  watchers.push(await openWatchers(node.wsUrl, await node.token(`watcher-${index}`), onFrame))
}
const start = performance.now()
const cpu = await cpuMsOf(node.pid)
for (const each of watchers) {
  for (let index = 0; index < PER_CONNECTION; index += 1) each.subscribe(UPDATES, {})
}
await delivered(SUBSCRIBERS * AUCTIONS)
console.log(`${AUCTIONS} live auctions, ${SUBSCRIBERS} subscribers over ${CONNECTIONS} connections`)
console.log(
  `first listing      ${((performance.now() - start) / 1000).toFixed(1)} s, server ${(((await cpuMsOf(node.pid)) - cpu) / 1000).toFixed(1)} s of CPU, ${bytes >> 20} MiB`,
)
const bidders = await Promise.all(
  Array.from({ length: BIDDERS }, async (_, index) =>
    openBidder(node.wsUrl, await node.token(`bidder-${index}`)),
  ),
)
for (const perSecond of BIDS_PER_SECOND) await measure(node, perSecond, auctions, bidders)
for (const each of [...watchers, ...bidders]) each.close()
