import { setTimeout as pause } from 'node:timers/promises'
import { decodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asTopic } from '../../../src/engine/kernel/topic.ts'
import { verifyDatabase } from '../../../src/engine/verify/verify.ts'
import { FEATURES, openDatabase } from '../../support/database.ts'
import { post } from '../../support/graphql-client.ts'
import { type BidAnswer, makeAuction, placeBid } from '../../support/rooms.ts'
import { signToken } from '../../support/tokens.ts'
import { type Ended, faultsOfEnd, readEnded, type Told } from '../auctions.ts'
import type { Fault } from '../fault.ts'
import { bidsOn } from '../places.ts'
import type { Answer } from '../records.ts'
import { perform, type Scenario } from '../scenario.ts'
import { bidEffect } from '../stored.ts'

/** Five minutes apart. Ahead, because a clock that is behind rejects new tokens as issued in the future. */
const CLOCKS = [0, 300_000]
const BURST = { nodes: CLOCKS.length, clockSkewsMs: CLOCKS, rooms: 1, watchersEach: 2, publishers: 4 }
const LONG_ROUNDS = 5
const LEAD_MS = 2_500
/** How long before and after the end the component is down. */
const BEFORE_MS = 200
const AFTER_MS = 700
/** A busy machine needs half a minute to start all nodes again. */
const PATIENCE_MS = 120_000
const LOOK_MS = 20
const MOST_BETWEEN_BIDS_MS = 60
const CREDIT = `mutation ($userId: ID!, $key: String!) {
  creditWallet(userId: $userId, currency: "EUR", amount: 1000000000, idempotencyKey: $key) { __typename } }`

/** All end at the same time, unless bids extend it. */
const LOTS = [
  { title: 'Sold', pairs: 2 },
  { title: 'Paid for', pairs: 2, funded: true },
  { title: 'Below its reserve', pairs: 1, reservePrice: 1_000_000 },
  { title: 'Extended', pairs: 2, softClose: { windowMs: 500, extensionMs: 500, capMs: 1_500 } },
  { title: 'Wanted by nobody', pairs: 0 },
] as const

/** What is down when auctions end. */
interface Outage {
  readonly name: string
  begin(scenario: Scenario): Promise<unknown>
  end(scenario: Scenario): Promise<unknown>
}

const OUTAGES: readonly Outage[] = [
  {
    name: 'its node dead',
    begin: async ({ nodes }) => nodes[0]?.node.kill(),
    end: async ({ nodes }) => nodes[0]?.revive(),
  },
  {
    name: 'every node dead',
    begin: ({ nodes }) => Promise.all(nodes.map(({ node }) => node.kill())),
    end: ({ nodes }) => Promise.all(nodes.map((node) => node.revive())),
  },
  {
    name: 'PostgreSQL down',
    begin: ({ postgres }) => postgres.killImmediate(),
    end: ({ postgres }) => postgres.restart(),
  },
]
const NOTHING_AWAY: Outage = { name: 'all there', begin: async () => {}, end: async () => {} }

/** Fault 15: bids arrive until the end, and until they are rejected as too late. */
export const endsWhileAway: Fault = {
  number: 15,
  name: 'auctions end while their node is dead, while PostgreSQL is down, with clocks 5 min apart',
  run(form, seed, postgres) {
    const rounds =
      form === 'short'
        ? OUTAGES
        : Array.from({ length: LONG_ROUNDS }, () => [NOTHING_AWAY, ...OUTAGES]).flat()
    return perform({ ...BURST, seed, postgres }, async (scenario) => {
      const latest = new Map<string, Lateness>()
      for (const [round, outage] of rounds.entries()) {
        const late = await endAuctions(scenario, outage, round)
        const before = latest.get(outage.name) ?? { afterEndMs: 0, afterReturnMs: 0 }
        latest.set(outage.name, {
          afterEndMs: Math.max(late.afterEndMs, before.afterEndMs),
          afterReturnMs: Math.max(late.afterReturnMs, before.afterReturnMs),
        })
      }
      await scenario.settle()
      await verify(scenario)
      const shown = [...latest].map(([name, { afterEndMs, afterReturnMs }]) => [
        `lateness with ${name}, at most`,
        `${Math.round(afterEndMs)} ms (${Math.round(afterReturnMs)} ms after its return)`,
      ])
      return { auctions: `${rounds.length * LOTS.length}, each ended once`, ...Object.fromEntries(shown) }
    })
  },
}

/** The maximum delay of the entry that ends an auction. */
interface Lateness {
  readonly afterEndMs: number
  /** 0 if it was written before the component was back. */
  readonly afterReturnMs: number
}

/** Lets auctions end during an outage. Throws if one did not end as its bids require. */
async function endAuctions(scenario: Scenario, outage: Outage, round: number): Promise<Lateness> {
  const pairs = await Promise.all(LOTS.map((terms) => makePairs(scenario, terms, round)))
  const endsAtMs = Date.now() + LEAD_MS
  const lots = await Promise.all(
    LOTS.map((terms, place) => makeLot(scenario, terms, pairs[place] ?? [], endsAtMs)),
  )
  await scenario.follow(
    lots.flatMap(({ id }) =>
      (['graphql-ws', 'urql'] as const).map((library) => ({
        ...{ ...bidsOn(id), library, subscription: `${id} ${library}` },
      })),
    ),
  )
  const bidding = Promise.all(lots.map((lot) => bidOn(scenario, lot)))
  // A failure before it is awaited must not be an unhandled rejection.
  bidding.catch(() => {})
  await pause(Math.max(0, endsAtMs - BEFORE_MS - Date.now()))
  await outage.begin(scenario)
  await pause(Math.max(0, endsAtMs + AFTER_MS - Date.now()))
  await outage.end(scenario)
  const backAtMs = Date.now()
  const told = await bidding
  const ends = await Promise.all(lots.map(({ id }) => untilEnded(scenario, id)))
  for (const [place, ended] of ends.entries()) {
    const faults = faultsOfEnd(ended, told[place] ?? [])
    const about = `${JSON.stringify(ended)}, with ${outage.name}, after ${JSON.stringify(told[place])}`
    if (faults.length > 0) throw new Error(`An auction ended wrongly. ${faults.join(' ')} ${about}`)
  }
  const writtenAt = ({ ends: [end] }: Ended): number => end?.atMs ?? Number.NaN
  return {
    afterEndMs: Math.max(...ends.map((ended) => writtenAt(ended) - ended.endsAtMs)),
    afterReturnMs: Math.max(0, ...ends.map((ended) => writtenAt(ended) - backAtMs)),
  }
}

type Terms = (typeof LOTS)[number]

interface Bidder {
  readonly name: string
  readonly token: string
}

/** Two bidders alternate: a leader would only raise their own maximum, invisibly. */
type Pair = readonly [Bidder, Bidder]

interface Lot {
  readonly id: string
  readonly pairs: readonly Pair[]
}

async function makeLot(
  { nodes, places }: Scenario,
  { pairs: _, ...terms }: Terms,
  pairs: readonly Pair[],
  endsAtMs: number,
): Promise<Lot> {
  const [first] = nodes
  if (first === undefined) throw new RangeError('a scenario has a node')
  const input = { ...terms, endsAt: new Date(endsAtMs).toISOString(), increments: [{ from: 0, step: 1 }] }
  const id = await makeAuction(first.node, await signToken('seller'), places.roomIds[0] ?? '', input)
  return { id, pairs }
}

function makePairs(scenario: Scenario, terms: Terms, round: number): Promise<readonly Pair[]> {
  const make = (name: string): Promise<Bidder> => makeBidder(scenario, name, 'funded' in terms)
  const pairs = Array.from({ length: terms.pairs }, (_, pair) => {
    const name = `bidder ${round} ${terms.title} ${pair}`
    return Promise.all([make(`${name} a`), make(`${name} b`)])
  })
  return Promise.all(pairs)
}

async function makeBidder({ nodes }: Scenario, name: string, isFunded: boolean): Promise<Bidder> {
  const url = nodes[0]?.node.url ?? ''
  const house = await signToken('house', { claims: { roles: ['service'] } })
  if (isFunded) {
    const { errors } = await post(url, CREDIT, { userId: name, key: name }, house)
    if (errors !== undefined) throw new Error(`A bidder got no money: ${JSON.stringify(errors)}`)
  }
  return { name, token: await signToken(name) }
}

/** Resolves with all accepted bids once the auction has rejected one of each pair as ended. */
async function bidOn(scenario: Scenario, { id, pairs }: Lot): Promise<readonly Told[]> {
  return (await Promise.all(pairs.map((pair) => bidInTurns(scenario, id, pair)))).flat()
}

async function bidInTurns(
  scenario: Scenario,
  auctionId: string,
  [one, other]: Pair,
): Promise<readonly Told[]> {
  const told: Told[] = []
  let amount = 500
  for (let number = 0; ; number += 1) {
    const bidder = told.length % 2 === 0 ? one : other
    const answer = await bidOnce(scenario, bidder, {
      auctionId,
      amount,
      idempotencyKey: `${auctionId} ${number}`,
    })
    if (answer.code === 'AUCTION_ENDED') return told
    if (answer.code === undefined) told.push({ bidder: bidder.name, amount })
    amount = Math.max(amount + 1, answer.minimum ?? 0)
    await pause(scenario.random(MOST_BETWEEN_BIDS_MS))
  }
}

/**
 * Bids at the first node, and if it does not answer at any, until an answer arrives, which is logged for the checker.
 */
async function bidOnce(
  { nodes, random, attempted }: Scenario,
  { name, token }: Bidder,
  bid: { readonly auctionId: string; readonly amount: number; readonly idempotencyKey: string },
): Promise<BidAnswer> {
  const topic = `auction:${bid.auctionId}`
  const beganMs = Date.now()
  const giveUpAt = beganMs + PATIENCE_MS
  for (let attempts = 1; ; attempts += 1) {
    const { node } = nodes[attempts === 1 ? 0 : random(nodes.length)] ?? {}
    const answer = node === undefined ? undefined : await placeBid(node, token, bid).catch(() => undefined)
    if (answer === undefined) {
      if (Date.now() > giveUpAt) throw new Error(`A bid was not answered within ${PATIENCE_MS} ms.`)
      await pause(LOOK_MS)
      continue
    }
    const key = `${name} ${bid.idempotencyKey}`
    attempted({
      ...{ key, topic, attempts, effect: bidEffect(name, bid.amount) },
      ...{ answers: [answerOf(topic, answer)], beganMs, endedMs: Date.now() },
    })
    return answer
  }
}

function answerOf(topic: string, { code, cursor = '' }: BidAnswer): Answer {
  if (code !== undefined) return { kind: 'rejected', code }
  const position = decodeCursor(asTopic(topic), cursor)
  if (position === undefined) throw new Error(`A bid was answered with ${cursor}, which is no cursor.`)
  return { kind: 'accepted', offset: position.offset, id: cursor }
}

async function untilEnded({ databaseUrl }: Scenario, auctionId: string): Promise<Ended> {
  const giveUpAt = Date.now() + PATIENCE_MS
  for (;;) {
    const ended = await readEnded(databaseUrl, auctionId)
    if (ended !== undefined) return ended
    if (Date.now() > giveUpAt) throw new Error(`An auction did not end within ${PATIENCE_MS} ms.`)
    await pause(LOOK_MS)
  }
}

/** Recomputes all auctions and wallets. */
async function verify({ databaseUrl }: Scenario): Promise<void> {
  const record = await openDatabase({ url: databaseUrl, directory: '', onConnectionError: () => {} })
  try {
    const differences = await Array.fromAsync(verifyDatabase(record.database, FEATURES.verifications))
    if (differences.length > 0)
      throw new Error(`The database does not add up: ${JSON.stringify(differences.slice(0, 5))}`)
  } finally {
    await record.close()
  }
}
