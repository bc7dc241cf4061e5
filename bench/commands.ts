import pg from 'pg'
import { NO_LIMITS, startNode, type TestNode } from '../test/support/node.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { makeAuction, makeRoom } from '../test/support/rooms.ts'
import { signToken } from '../test/support/tokens.ts'
import { openBidder, openSender } from './bidder.ts'

/** What some workers got done, each waiting for its answer before it asks again. */
export interface Pace {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The same work done by a node and by plain SQL clients, on one PostgreSQL with fsync. */
export interface Contest extends AsyncDisposable {
  bySql(roundMs: number): Promise<Pace>
  byNode(roundMs: number): Promise<Pace>
  /** How often a node answered what. */
  readonly answers: ReadonlyMap<string, number>
}

/** One worker's way to do the work once. `number` rises from call to call. */
type Act<Answer> = (number: number) => Promise<Answer>

export const SQL_CLIENTS = 32
export const SENDERS = 256
const ROOMS = 100

async function measure(workers: readonly Act<unknown>[], roundMs: number, next: () => number): Promise<Pace> {
  const latencies: number[] = []
  const end = performance.now() + roundMs
  const work = async (act: Act<unknown>): Promise<void> => {
    for (let start = performance.now(); start < end; start = performance.now()) {
      await act(next())
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(workers.map(work))
  latencies.sort((one, other) => one - other)
  const quantile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0
  return { perSecond: (latencies.length / roundMs) * 1000, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

interface Work {
  /** Makes the tables of the plain SQL clients. */
  readonly tables: string
  /** The least that one transaction has to do. */
  readonly bySql: (client: pg.Client, worker: number, number: number) => Promise<void>
  /** Opens a way into the node for each sender. */
  readonly open: (
    node: TestNode,
  ) => Promise<readonly { readonly act: Act<string>; readonly close: () => void }[]>
}

async function startContest({ tables, bySql, open }: Work): Promise<Contest> {
  await using stack = new AsyncDisposableStack()
  const postgres = stack.use(await startPostgres({ fsync: true }))
  const env = { ...NO_LIMITS, NODE_ENV: 'production', MUTATIONS_PER_SECOND: '1000000' }
  const node = stack.use(await startNode({ databaseUrl: await postgres.createDatabase(), env }))
  const senders = await open(node)
  for (const { close } of senders) stack.defer(close)
  const plainUrl = await postgres.createDatabase()
  const clients = Array.from({ length: SQL_CLIENTS }, () => new pg.Client({ connectionString: plainUrl }))
  for (const client of clients) {
    await client.connect()
    stack.defer(() => client.end())
  }
  await clients[0]?.query(tables)
  const answers = new Map<string, number>()
  let number = 1
  const next = (): number => {
    number += 10
    return number
  }
  const plain = clients.map((client, worker) => (at: number) => bySql(client, worker, at))
  const counted = senders.map(({ act }) => async (at: number) => {
    const answer = await act(at)
    answers.set(answer, (answers.get(answer) ?? 0) + 1)
  })
  const running = stack.move()
  return {
    answers,
    bySql: (roundMs) => measure(plain, roundMs, next),
    byNode: (roundMs) => measure(counted, roundMs, next),
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

/** One auction, and everybody bids. */
export function startHotAuction(): Promise<Contest> {
  return startContest({
    tables: AUCTION_TABLES,
    bySql: bidBySql,
    async open(node) {
      const seller = await signToken('seller')
      const terms = { startingPrice: 1, increments: [{ from: 0, step: 1 }] }
      const auctionId = await makeAuction(node, seller, await makeRoom(node, seller), terms)
      return Promise.all(
        Array.from({ length: SENDERS }, async (_, index) => {
          const bidder = await openBidder(node.wsUrl, await signToken(`bidder-${index}`))
          return { act: (amount: number) => bidder.bid(auctionId, amount), close: bidder.close }
        }),
      )
    },
  })
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
export function startMessages(): Promise<Contest> {
  return startContest({
    tables: MESSAGE_TABLES,
    bySql: sendBySql,
    async open(node) {
      const token = await signToken('writer')
      const rooms = await Promise.all(Array.from({ length: ROOMS }, () => makeRoom(node, token)))
      return Promise.all(
        Array.from({ length: SENDERS }, async () => {
          const { send, close } = await openSender(node.wsUrl, token, SEND_MESSAGE)
          const act = (number: number): Promise<string> => {
            const roomId = rooms[Math.floor(number / 10) % ROOMS]
            return send({ roomId, body: `Message ${number}`, clientMessageId: `${number}` })
          }
          return { act, close }
        }),
      )
    },
  })
}
