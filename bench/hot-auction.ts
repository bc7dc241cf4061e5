import pg from 'pg'
import { startNode, type TestNode } from '../test/support/node.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { makeAuction, makeRoom } from '../test/support/rooms.ts'
import { type Bidder, openBidder } from './bidder.ts'

/**
 * One hot auction on a PostgreSQL with fsync: bids of 256 bidders over WebSocket through a node, beside 32 plain SQL
 * clients that spend one transaction a bid, in turn in one run. Only the ratio of the medians counts.
 *
 * It hangs on the disk. Where a commit costs 0.1 ms, the plain clients are bound by their round trips; for a disk that needs
 * 2 ms, set PGOPTIONS='-c commit_delay=2000 -c commit_siblings=0'.
 */
const BIDDERS = 256
const SQL_CLIENTS = 32
const ROUNDS = 3
const ROUND_MS = 5_000

interface Round {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** `bid` over and over from `workers` at once, each waiting for its answer. */
async function measure(
  workers: number,
  bid: (worker: number, amount: number) => Promise<void>,
): Promise<Round> {
  const latencies: number[] = []
  const end = performance.now() + ROUND_MS
  const work = async (worker: number): Promise<void> => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      amount += 10
      await bid(worker, amount)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  latencies.sort((a, b) => a - b)
  const quantile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0
  return { perSecond: (latencies.length / ROUND_MS) * 1000, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

let amount = 1

async function openBidders(node: TestNode): Promise<readonly Bidder[]> {
  return Promise.all(
    Array.from({ length: BIDDERS }, async (_, bidder) =>
      openBidder(node.wsUrl, await node.token(`bidder-${bidder}`)),
    ),
  )
}

const TABLES = `
  CREATE TABLE auction (id int PRIMARY KEY, price bigint NOT NULL, leader text, seq int NOT NULL);
  CREATE TABLE bid (seq int PRIMARY KEY, bidder text NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL);
  CREATE TABLE entry (seq int PRIMARY KEY, data json NOT NULL);
  INSERT INTO auction VALUES (1, 0, NULL, 0)`

/** What a bid costs at least: lock, compare, write the bid, the auction and the entry. */
async function bidBySql(client: pg.Client, bidder: string, offer: number): Promise<void> {
  await client.query('BEGIN')
  const { rows } = await client.query('SELECT price, seq FROM auction WHERE id = 1 FOR UPDATE')
  const seq = Number(rows[0].seq) + 1
  if (offer > Number(rows[0].price)) {
    await client.query('INSERT INTO bid VALUES ($1, $2, $3, clock_timestamp())', [seq, bidder, offer])
    await client.query('UPDATE auction SET price = $1, leader = $2, seq = $3 WHERE id = 1', [
      offer,
      bidder,
      seq,
    ])
    await client.query('INSERT INTO entry VALUES ($1, $2)', [seq, { bidder, offer, seq, kind: 'BidPlaced' }])
  }
  await client.query('COMMIT')
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

await using postgres = await startPostgres({ fsync: true })
await using node = await startNode({
  databaseUrl: await postgres.createDatabase(),
  env: { MUTATIONS_PER_SECOND: '1000000' },
})
const seller = await node.token('seller')
const terms = { startingPrice: 1, increments: [{ from: 0, step: 1 }] }
const auctionId = await makeAuction(node, seller, await makeRoom(node, seller), terms)
const bidders = await openBidders(node)
const plainUrl = await postgres.createDatabase()
const plain = Array.from({ length: SQL_CLIENTS }, () => new pg.Client({ connectionString: plainUrl }))
for (const client of plain) await client.connect()
await plain[0]?.query(TABLES)

const answers = new Map<string, number>()
const rounds = { node: [] as Round[], sql: [] as Round[] }
for (let round = 0; round < ROUNDS; round += 1) {
  rounds.sql.push(
    await measure(SQL_CLIENTS, async (worker, offer) => {
      const client = plain[worker]
      if (client !== undefined) await bidBySql(client, `bidder-${worker}`, offer)
    }),
  )
  rounds.node.push(
    await measure(BIDDERS, async (worker, offer) => {
      const answer = await bidders[worker]?.bid(auctionId, offer)
      answers.set(answer ?? '', (answers.get(answer ?? '') ?? 0) + 1)
    }),
  )
}
const show = (name: string, of: readonly Round[]): number => {
  const perSecond = median(of.map((round) => round.perSecond))
  const [p50, p99] = [median(of.map(({ p50Ms }) => p50Ms)), median(of.map(({ p99Ms }) => p99Ms))]
  console.log(
    `${name.padEnd(44)} ${perSecond.toFixed(0).padStart(7)}/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
  )
  return perSecond
}
const sqlRate = show(`one transaction a bid, ${SQL_CLIENTS} plain SQL clients`, rounds.sql)
const nodeRate = show(`Rostrum, ${BIDDERS} bidders over WebSocket`, rounds.node)
console.log(`answers: ${[...answers].map(([code, count]) => `${count} ${code}`).join(', ')}`)
console.log(`ratio of the medians: ${(nodeRate / sqlRate).toFixed(1)}`)
for (const client of plain) await client.end()
for (const bidder of bidders) bidder.close()
