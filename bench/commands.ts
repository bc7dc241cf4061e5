import pg from 'pg'
import { NO_LIMITS, startNode, type TestNode } from '../test/support/node.ts'
import { type PostgresServer, startPostgres } from '../test/support/postgres.ts'
import { makeAuction, makeRoom } from '../test/support/rooms.ts'
import { signToken } from '../test/support/tokens.ts'
import { generate } from './run/generator.ts'
import type { LoadFigures } from './run/load.ts'
import { writeLists } from './systems/peer.ts'

/** What some workers got done, each waiting for its answer before it asks again. */
export interface Pace {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The same work done by a node and by plain SQL clients. */
export interface Contest extends AsyncDisposable {
  bySql(seconds: number): Promise<Pace>
  byNode(seconds: number): Promise<Pace & { readonly figures: LoadFigures }>
  readonly node: TestNode
}

/** Where the node keeps its record; the plain SQL clients always have a PostgreSQL with fsync. */
export type RecordKind = 'postgres' | 'embedded'

export const SQL_CLIENTS = 32
export const SENDERS = 256
const ROOMS = 100

async function measure(
  clients: readonly pg.Client[],
  { bySql }: Work,
  seconds: number,
  next: () => number,
): Promise<Pace> {
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  const work = async (client: pg.Client, worker: number): Promise<void> => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      await bySql(client, worker, next())
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(clients.map(work))
  latencies.sort((one, other) => one - other)
  const quantile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0
  return { perSecond: latencies.length / seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

interface Work {
  /** Makes the tables of the plain SQL clients. */
  readonly tables: string
  /** The least that one transaction has to do. `number` rises from call to call. */
  readonly bySql: (client: pg.Client, worker: number, number: number) => Promise<void>
  readonly mutation: string
  /** Of the mutation, with `{topic}` and `{number}`. */
  readonly variables: string
  /** Who sends. */
  readonly users: readonly string[]
  /** What `{topic}` stands for, in turn. */
  readonly makeTopics: (node: TestNode) => Promise<readonly string[]>
}

async function startNodeOn(record: RecordKind, postgres: PostgresServer): Promise<TestNode> {
  const env = { ...NO_LIMITS, NODE_ENV: 'production', MUTATIONS_PER_SECOND: '1000000' }
  return startNode(record === 'embedded' ? { env } : { databaseUrl: await postgres.createDatabase(), env })
}

async function connectAll(stack: AsyncDisposableStack, url: string): Promise<readonly pg.Client[]> {
  const clients = Array.from({ length: SQL_CLIENTS }, () => new pg.Client({ connectionString: url }))
  for (const client of clients) {
    await client.connect()
    stack.defer(() => client.end())
  }
  return clients
}

async function startContest(work: Work, record: RecordKind): Promise<Contest> {
  await using stack = new AsyncDisposableStack()
  const postgres = stack.use(await startPostgres({ fsync: true }))
  const node = stack.use(await startNodeOn(record, postgres))
  const lists = await writeLists(stack, {
    topics: await work.makeTopics(node),
    tokens: await Promise.all(work.users.map((user) => signToken(user))),
    queries: [work.mutation.replaceAll(/\s+/g, ' ')],
  })
  const clients = await connectAll(stack, await postgres.createDatabase())
  await clients[0]?.query(work.tables)
  let number = 1
  const running = stack.move()
  return {
    node,
    bySql: (seconds) => measure(clients, work, seconds, () => (number += 10)),
    async byNode(seconds) {
      const figures = await generate({
        ports: [Number(new URL(node.url).port)],
        pids: [node.pid],
        ...{ protocol: 'graphql', path: '/graphql', init: '{"token":"{token}"}', ...lists },
        ...{ connections: SENDERS, settle: 0 },
        asking: { variables: work.variables, from: number, seconds },
      })
      const { asking } = figures
      if (asking === undefined) throw new Error('the generator has asked nothing')
      number += 10 * asking.asked
      const { answersPerSecond: perSecond, p50Ms, p99Ms } = asking
      return { perSecond, p50Ms, p99Ms, figures }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const AUCTION_TABLES = `
  CREATE TABLE auction (id int PRIMARY KEY, price bigint NOT NULL, leader text, seq int NOT NULL);
  CREATE TABLE bid (seq int PRIMARY KEY, bidder text NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL);
  CREATE TABLE entry (seq int PRIMARY KEY, data json NOT NULL);
  INSERT INTO auction VALUES (1, 0, NULL, 0)`

/** What a bid costs at least: lock, compare, write the bid, the auction and the entry. */
async function bidBySql(client: pg.Client, worker: number, offer: number): Promise<void> {
  const bidder = `bidder-${worker}`
  await client.query('BEGIN')
  const { rows } = await client.query('SELECT price, seq FROM auction WHERE id = 1 FOR UPDATE')
  const seq = Number(rows[0].seq) + 1
  if (offer > Number(rows[0].price)) {
    await client.query('INSERT INTO bid VALUES ($1, $2, $3, clock_timestamp())', [seq, bidder, offer])
    const updated = [offer, bidder, seq]
    await client.query('UPDATE auction SET price = $1, leader = $2, seq = $3 WHERE id = 1', updated)
    await client.query('INSERT INTO entry VALUES ($1, $2)', [seq, { bidder, offer, seq, kind: 'BidPlaced' }])
  }
  await client.query('COMMIT')
}

const PLACE_BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) {
  __typename ... on BidAccepted { outcome cursor } ... on Rejected { code } } }`

/** One auction, and everybody bids. */
export function startHotAuction(record: RecordKind): Promise<Contest> {
  const work: Work = {
    tables: AUCTION_TABLES,
    bySql: bidBySql,
    mutation: PLACE_BID,
    variables: '{"input":{"auctionId":"{topic}","amount":{number},"idempotencyKey":"{number}"}}',
    users: Array.from({ length: SENDERS }, (_, index) => `bidder-${index}`),
    async makeTopics(node) {
      const seller = await signToken('seller')
      const terms = { startingPrice: 1, increments: [{ from: 0, step: 1 }] }
      return [await makeAuction(node, seller, await makeRoom(node, seller), terms)]
    },
  }
  return startContest(work, record)
}

const MESSAGE_TABLES = `
  CREATE TABLE room (id int PRIMARY KEY, seq int NOT NULL);
  CREATE TABLE message (room int, seq int, author text NOT NULL, body text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (room, seq));
  CREATE TABLE entry (room int, seq int, data json NOT NULL, PRIMARY KEY (room, seq));
  INSERT INTO room SELECT id, 0 FROM generate_series(0, ${ROOMS - 1}) AS id`
const SEND_MESSAGE = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  ... on MessagePayload { outcome: __typename cursor } ... on Rejected { code } } }`

/** What a message costs at least: a number in its room, the message and the entry. */
async function sendBySql(client: pg.Client, worker: number, number: number): Promise<void> {
  // Numbers rise by ten.
  const room = Math.floor(number / 10) % ROOMS
  const author = `sender-${worker}`
  await client.query('BEGIN')
  const { rows } = await client.query('UPDATE room SET seq = seq + 1 WHERE id = $1 RETURNING seq', [room])
  const seq = Number(rows[0].seq)
  const body = `Message ${number}`
  await client.query('INSERT INTO message VALUES ($1, $2, $3, $4, clock_timestamp())', [
    room,
    seq,
    author,
    body,
  ])
  await client.query('INSERT INTO entry VALUES ($1, $2, $3)', [
    room,
    seq,
    { author, body, kind: 'MessageSent' },
  ])
  await client.query('COMMIT')
}

/** A hundred rooms, to which everybody writes in turn. */
export function startMessages(record: RecordKind): Promise<Contest> {
  const work: Work = {
    tables: MESSAGE_TABLES,
    bySql: sendBySql,
    mutation: SEND_MESSAGE,
    variables: '{"input":{"roomId":"{topic}","body":"Message {number}","clientMessageId":"{number}"}}',
    users: ['writer'],
    async makeTopics(node) {
      const writer = await signToken('writer')
      return Promise.all(Array.from({ length: ROOMS }, () => makeRoom(node, writer)))
    },
  }
  return startContest(work, record)
}
