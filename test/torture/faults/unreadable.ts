import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { type Caller, createCaller, type Variables } from '../../support/caller.ts'
import type { Recording } from '../../support/graphql-client.ts'
import { makeAuction, makeRoom } from '../../support/rooms.ts'
import { scrape } from '../../support/scrape.ts'
import type { Fault } from '../fault.ts'
import { SELLER } from '../places.ts'
import { perform, type Scenario } from '../scenario.ts'

const CLUSTER = { nodes: 2, rooms: 2, watchersEach: 4, publishers: 6 }
const READERS_EACH = 3
/** Longer than history pages and render failures are shared among returning readers. */
const SHARED_MS = 2_500

interface Payload {
  readonly cursor: string
  readonly offset: number
}

/** A history that readers follow, and how to write to it. */
interface Followed {
  readonly topic: string
  readonly query: string
  readonly variables: Variables
  write(): Promise<void>
}

const EVENT = '__typename ... on Event { cursor offset }'
const MESSAGES = `subscription ($id: ID!, $after: Cursor) { messages(roomId: $id, after: $after) {
  ${EVENT} ... on MessageSent { message { id body author { id } } } } }`
const BIDS = `subscription ($id: ID!, $after: Cursor) { bids(auctionId: $id, after: $after) {
  ${EVENT} ... on BidPlaced { auction { id currentPrice } bid { id amount } } } }`
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }`
const BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) { __typename } }`

/** Data that no version of this server reads: required members are missing or have other types. */
const UNREADABLE: readonly string[] = [
  ...['{}', 'null', '[]', '7', '{"of":"a newer version"}'],
  ...['{"message":{},"standing":{}}', '{"message":null,"standing":null}', '{"message":7,"standing":7}'],
]

/** Fault 30: entries that no node can present appear in separate histories; later they are repaired. */
export const unreadableEntries: Fault = {
  number: 30,
  name: 'an entry that a node cannot present',
  run(form, seed, postgres) {
    const kinds = form === 'short' ? UNREADABLE.slice(0, 6) : UNREADABLE
    const rounds = form === 'short' ? 1 : 5
    return perform({ ...CLUSTER, seed, postgres }, async (scenario) => {
      let ended = 0
      let holes = 0
      for (let round = 0; round < rounds; round += 1) {
        const results = await Promise.all(kinds.map((data) => happen(scenario, data)))
        ended += results.reduce((sum, result) => sum + result.ended, 0)
        holes += results.reduce((sum, result) => sum + result.holes, 0)
      }
      if (holes > 0) throw new Error(`${holes} readers were sent across an entry`)
      const counts = await Promise.all(scenario.nodes.map(({ node }) => scrape(node.url)))
      const counted = counts.map(({ value }) => value('rostrum_unreadable_entries_total'))
      if (counted.includes(0)) throw new Error(`not every node has counted: ${counted}`)
      return {
        entries: `${rounds * kinds.length * 2}`,
        'readers ended with a masked error': `${ended} of ${ended}`,
        holes: `${holes}`,
        'attempts counted, by node': counted.join(', '),
        'log lines, of the first node': `${await countLogged(scenario)}`,
      }
    })
  },
}

interface Happened {
  readonly ended: number
  readonly holes: number
}

async function happen(scenario: Scenario, data: string): Promise<Happened> {
  await using stack = new AsyncDisposableStack()
  const callers = await Promise.all(
    scenario.nodes.map(async ({ node }) => stack.use(await createCaller(node, 'reader'))),
  )
  const results = await Promise.all(
    (await makeFollowed(scenario)).map((followed) => happenTo(scenario, callers, followed, data)),
  )
  return {
    ended: results.reduce((sum, { ended }) => sum + ended, 0),
    holes: results.reduce((sum, { holes }) => sum + holes, 0),
  }
}

async function happenTo(
  { databaseUrl }: Scenario,
  callers: readonly Caller[],
  followed: Followed,
  data: string,
): Promise<Happened> {
  const open = (caller: Caller, after: string | null) =>
    caller.record<Payload>(followed.query, { ...followed.variables, after })
  await followed.write()
  const live = callers.flatMap((caller) => Array.from({ length: READERS_EACH }, () => open(caller, null)))
  await Promise.all(live.map((reader) => reader.take(1)))
  await followed.write()
  const offset = await insertUnreadable(databaseUrl, followed.topic, data)
  await followed.write()
  await Promise.all(live.map(untilMasked))
  const cursor = live[0]?.values.at(-1)?.cursor ?? null

  const again = callers.map((caller) => open(caller, cursor))
  await Promise.all(again.map(untilMasked))
  const fresh = callers.map((caller) => open(caller, null))
  await Promise.all(fresh.map((reader) => reader.take(1)))
  await followed.write()
  await Promise.all(fresh.map((reader) => reader.take(2)))

  await mend(databaseUrl, followed.topic, offset)
  await pause(SHARED_MS)
  const mended = callers.map((caller) => open(caller, cursor))
  await Promise.all(mended.map((reader) => reader.take(3)))
  const holes = [...live, ...again, ...fresh, ...mended].filter(hasHole).length
  return { ended: live.length + again.length, holes }
}

/** Throws if the subscription ends otherwise, or without a retry delay. */
async function untilMasked({ ended }: Recording<Payload>): Promise<void> {
  const reason = await Promise.race([ended, pause(20_000, 'nothing came')])
  const [error] = Array.isArray(reason) ? reason : []
  const { code, errorId, retryAfterMs } = error?.extensions ?? {}
  if (code === 'INTERNAL_SERVER_ERROR' && typeof errorId === 'string' && retryAfterMs > 0) return
  throw new Error(`a reader was not ended honestly: ${JSON.stringify(reason)}`)
}

function hasHole({ values }: Recording<Payload>): boolean {
  return values.some(({ offset }, index) => index > 0 && offset !== (values[index - 1]?.offset ?? 0) + 1)
}

async function makeFollowed({ nodes: [first] }: Scenario): Promise<readonly Followed[]> {
  if (first === undefined) throw new RangeError('a scenario has nodes')
  const { node } = first
  const seller = await node.token(SELLER)
  const roomId = await makeRoom(node, seller)
  const auctionId = await makeAuction(node, seller, roomId)
  const [author, bidder] = await Promise.all([createCaller(node, SELLER), createCaller(node, 'bidder')])
  let price = 1_000
  return [
    {
      ...{ topic: `messages:${roomId}`, query: MESSAGES, variables: { id: roomId } },
      async write() {
        const input = { roomId, body: 'something', clientMessageId: crypto.randomUUID() }
        await accepted(author.ask(SEND, { input }))
      },
    },
    {
      ...{ topic: `auction:${auctionId}`, query: BIDS, variables: { id: auctionId } },
      async write() {
        price += 1_000
        const input = { auctionId, amount: price, idempotencyKey: crypto.randomUUID() }
        await accepted(bidder.ask(BID, { input }))
      },
    },
  ]
}

async function accepted(answer: Promise<{ readonly __typename: string }>): Promise<void> {
  const { __typename } = await answer
  if (__typename === 'Rejected') throw new Error('a command was rejected')
}

async function countLogged({ nodes: [first] }: Scenario): Promise<number> {
  if (first === undefined) return 0
  const { node } = first
  await node.stop()
  const lines = (await node.exited)
    .split('\n')
    .filter((line) => line.includes('an entry could not be presented'))
  await first.revive()
  if (lines.length === 0) throw new Error('nothing was logged')
  return lines.length
}

/** Writes an entry like a node of another version, but without a notice. Resolves with its offset. */
function insertUnreadable(databaseUrl: string, topic: string, data: string): Promise<number> {
  return changeOne(
    databaseUrl,
    `WITH moved AS (UPDATE topics SET head = head + 1 WHERE topic = $1 RETURNING head)
     INSERT INTO entries (topic, "offset", at, type, data)
     SELECT $1, moved.head, earlier.at, earlier.type, $2::json FROM moved, entries AS earlier
     WHERE earlier.topic = $1 AND earlier."offset" = moved.head - 1
     RETURNING entries."offset"`,
    [topic, data],
  )
}

/** Replaces the data of the entry with that of the one before it. */
function mend(databaseUrl: string, topic: string, offset: number): Promise<number> {
  return changeOne(
    databaseUrl,
    `UPDATE entries SET data = earlier.data FROM entries AS earlier
     WHERE entries.topic = $1 AND entries."offset" = $2 AND earlier.topic = $1 AND earlier."offset" = $2 - 1
     RETURNING entries."offset"`,
    [topic, offset],
  )
}

async function changeOne(
  databaseUrl: string,
  text: string,
  values: readonly (string | number)[],
): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ readonly offset: string }>(text, [...values])
    if (rows.length !== 1) throw new Error(`${rows.length} entries were changed`)
    return Number(rows[0]?.offset)
  } finally {
    await client.end()
  }
}
