import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { post } from '../test/support/graphql-client.ts'
import { startNode, type TestNode } from '../test/support/node.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { startRedis } from '../test/support/redis.ts'
import { makeAuction, makeRoom } from '../test/support/rooms.ts'
import { openBidder } from './bidder.ts'
import { cpuMsOf, quantilesOf } from './figures.ts'
import { openWatchers, type Watchers } from './watchers.ts'

/**
 * How late 1,000 auctions close that end within a minute, or all at one instant, on a PostgreSQL with fsync, with one node
 * and with two. A third is funded and has two bidders, so that money is settled; a third has one bidder,
 * the rest none. Each is followed by one subscriber. Servers, database and subscribers share the machine.
 */
const AUCTIONS = 1_000
/** Each with a seller and two bidders of its own: wallets are locked one settlement at a time. */
const SALES = 25
const CONNECTIONS = 20
/** From the first of them made to the first end. */
const LEAD_MS = 25_000
const PATIENCE_MS = 20_000
const CREDIT = `mutation ($userId: ID!, $key: String!) { creditWallet(userId: $userId, currency: "EUR", amount: 1000000000,
  idempotencyKey: $key) { __typename ... on Rejected { code } } }`
const END = `subscription ($auctionId: ID!) { bids(auctionId: $auctionId) { __typename
  ... on AuctionSold { auction { id endsAt } } ... on AuctionUnsold { auction { id endsAt } } } }`
const ENDED = /"Auction(?:Sold|Unsold)".*"endsAt":"([^"]+)"/

/** In which order auctions come to be funded, to have one bidder, and none. */
const KINDS = ['funded', 'bid once', 'no bid'] as const

async function credit(node: TestNode, userId: string): Promise<void> {
  const token = await node.token('bank', { roles: ['service'] })
  const { data, errors } = await post(node.url, CREDIT, { userId, key: userId }, token)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  if (!JSON.stringify(data).includes('WalletPayload')) throw new Error(JSON.stringify(data))
}

/** All auctions with their bids, in time before the first end: sales with a seller and two bidders of their own. */
async function openAuctions(
  nodes: readonly TestNode[],
  endOf: (index: number) => number,
): Promise<readonly string[]> {
  const ids: string[] = []
  const openSale = async (number: number): Promise<void> => {
    const node = nodes[number % nodes.length]
    if (node === undefined) throw new RangeError('there is no node')
    const seller = await node.token(`seller-${number}`)
    const roomId = await makeRoom(node, seller)
    const [early, late] = [`early-${number}`, `late-${number}`]
    for (const name of [early, late]) await credit(node, name)
    const beaten = await openBidder(node.wsUrl, await node.token(early))
    const winner = await openBidder(node.wsUrl, await node.token(late))
    for (let index = number; index < AUCTIONS; index += SALES) {
      const kind = KINDS[index % KINDS.length]
      const terms = {
        startingPrice: 1,
        increments: [{ from: 0, step: 1 }],
        funded: kind === 'funded',
        endsAt: new Date(endOf(index)).toISOString(),
      }
      const id = await makeAuction(node, seller, roomId, terms)
      ids.push(id)
      if (kind !== 'no bid') expectLead(await beaten.bid(id, 1_000 + index))
      if (kind === 'funded') expectLead(await winner.bid(id, 1_000 + AUCTIONS + index))
    }
    beaten.close()
    winner.close()
  }
  await Promise.all(Array.from({ length: SALES }, (_, number) => openSale(number)))
  return ids
}

function expectLead(answer: string): void {
  if (answer !== 'LEADING') throw new Error(`a bid was answered ${answer}`)
}

/** One subscriber an auction, spread over connections and nodes; returns how late each saw the end. */
async function follow(nodes: readonly TestNode[], ids: readonly string[]) {
  const seen: number[] = []
  const onFrame = (frame: Buffer): void => {
    const [, endsAt] = ENDED.exec(frame.toString('latin1')) ?? []
    if (endsAt !== undefined) seen.push(Date.now() - Date.parse(endsAt))
  }
  const all: Watchers[] = []
  for (let number = 0; number < CONNECTIONS; number += 1) {
    const node = nodes[number % nodes.length]
    if (node === undefined) break
    const watchers = await openWatchers(node.wsUrl, undefined, onFrame)
    for (let at = number; at < ids.length; at += CONNECTIONS) watchers.subscribe(END, { auctionId: ids[at] })
    all.push(watchers)
  }
  return { seen, close: () => all.forEach((each) => void each.close()) }
}

const LATENESS = `
  SELECT e.type, (extract(epoch FROM e.at) * 1000 - (e.data -> 'standing' ->> 'endsAt')::float8)::float8 AS late
  FROM entries e WHERE e.type IN ('AuctionSold', 'AuctionUnsold')`
const SETTLED = `SELECT (SELECT count(*) FROM transfers WHERE kind = 'CAPTURE')::int AS captured,
  (SELECT count(*) FROM holds)::int AS held`

/** `spreadMs`: from the first end to the last. */
async function measure(
  name: string,
  nodes: readonly TestNode[],
  url: string,
  spreadMs: number,
): Promise<void> {
  const firstEnd = Date.now() + LEAD_MS
  const ids = await openAuctions(nodes, (index) => firstEnd + Math.round((index / AUCTIONS) * spreadMs))
  const { seen, close } = await follow(nodes, ids)
  const left = firstEnd - Date.now()
  if (left < 0) throw new Error(`making them took ${-left} ms too long`)
  await pause(left)
  const before = await Promise.all(nodes.map(({ pid }) => cpuMsOf(pid)))
  const start = performance.now()
  while (seen.length < AUCTIONS && Date.now() < firstEnd + spreadMs + PATIENCE_MS) await pause(50)
  const seconds = (performance.now() - start) / 1000
  const after = await Promise.all(nodes.map(({ pid }) => cpuMsOf(pid)))
  close()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ type: string; late: number }>(LATENESS)
  const { rows: settled } = await client.query<{ captured: number; held: number }>(SETTLED)
  await client.end()
  const sold = rows.filter(({ type }) => type === 'AuctionSold').length
  const shares = after.map((ms, index) => `${((ms - (before[index] ?? 0)) / seconds / 10).toFixed(0)} %`)
  console.log(name)
  console.log(
    `  closed       ${rows.length} of ${AUCTIONS}: ${sold} sold, ${settled[0]?.captured} paid, ${settled[0]?.held} holds left`,
  )
  console.log(`  entry late   ${quantilesOf(rows.map(({ late }) => late))}`)
  console.log(`  seen late    ${quantilesOf(seen)} (${seen.length} seen)`)
  console.log(`  CPU          ${shares.join(', ')} of a core, for ${seconds.toFixed(1)} s`)
}

await using postgres = await startPostgres({ fsync: true })
await using redis = await startRedis()
const [, , only] = process.argv
for (const count of [1, 2]) {
  for (const [title, spreadMs] of [
    ['within 50 s', 50_000],
    ['at one instant', 0],
  ] as const) {
    const name = `${count === 1 ? 'one node' : 'two nodes'}, ${title}`
    if (only !== undefined && !name.includes(only)) continue
    const databaseUrl = await postgres.createDatabase()
    const env = {
      MUTATIONS_PER_SECOND: '1000000',
      QUERY_COST_PER_SECOND: '1000000000',
      MAX_CONNECTIONS_PER_USER: '1000',
    }
    const bus = count === 1 ? {} : { redisUrl: redis.url }
    await using one = await startNode({ databaseUrl, env, ...bus })
    await using other = count === 1 ? null : await startNode({ databaseUrl, env, ...bus })
    await measure(name, other === null ? [one] : [one, other], databaseUrl, spreadMs)
  }
}
