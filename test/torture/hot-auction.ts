import { withClient } from '../support/postgres-databases.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import { signToken } from '../support/tokens.ts'
import { askUntilAnswered, bidCommand, type RawAnswer } from './commands.ts'
import { bidsOn, SELLER } from './places.ts'
import type { Scenario } from './scenario.ts'

const STEP = 10
const LOST = [500, 600, 900]
/** More transactions than a burst makes before the auction is checked. */
const BURNT = 20_000
const HOURS_MS = 4 * 3_600_000

/** An auction that gets bids right before and right after its history is replaced. */
export interface HotAuction {
  /** A subscription that stays connected. */
  readonly reader: string
  /** Places bids at the first node, which will be lost. */
  bidInTail(databaseUrl: string): Promise<void>
  /**
   * Bids at the second node, gives the topic's row the transaction id cached by the first node, and places a bid at the
   * first node that only the new history allows. Resolves with the decision.
   */
  bidAfterwards(databaseUrl: string): Promise<Verdict>
}

export interface Verdict {
  /** Bids decided on a lost state. */
  readonly decidedByLostState: number
  /** Whether the topic's row had the same transaction id in both histories. */
  readonly isCoincidence: boolean
  /** When the first bid was accepted. */
  readonly acceptedAtMs: number
}

/** Creates one with a first bid of 100, the only one that will survive. */
export async function makeHotAuction(
  { nodes, attempted, follow }: Scenario,
  name: string,
): Promise<HotAuction> {
  const [first, second] = nodes
  if (first === undefined || second === undefined) throw new RangeError('a scenario has two nodes')
  const seller = await signToken(SELLER)
  const endsAt = new Date(Date.now() + HOURS_MS).toISOString()
  const terms = { endsAt, startingPrice: 100, increments: [{ from: 0, step: STEP }] }
  const auctionId = await makeAuction(first.node, seller, await makeRoom(first.node, seller), terms)
  const topic = `auction:${auctionId}`
  const reader = `${name} bids`
  await follow([{ ...bidsOn(auctionId), subscription: reader, library: 'graphql-ws' }])
  let remembered = 0n

  async function bid(url: string, amount: number): Promise<RawAnswer> {
    const command = await bidCommand(`${name} ${amount}`, auctionId, amount)
    const answered = await askUntilAnswered(url, command)
    attempted(answered.attempted)
    return answered.raw
  }
  async function bidAndExpect(url: string, amount: number): Promise<void> {
    const raw = await bid(url, amount)
    if (raw.code !== undefined) throw new Error(`A bid of ${amount} was refused: ${JSON.stringify(raw)}`)
  }

  await bidAndExpect(first.node.url, 100)
  return {
    reader,
    async bidInTail(databaseUrl) {
      await burnTransactions(databaseUrl, BURNT)
      for (const amount of LOST) await bidAndExpect(first.node.url, amount)
      remembered = await xminOf(databaseUrl, topic)
    },
    async bidAfterwards(databaseUrl) {
      const early = await bid(second.node.url, 110)
      const acceptedAtMs = Date.now()
      const isCoincidence = await touchWith(databaseUrl, topic, remembered)
      const later = await bid(first.node.url, 120)
      const last = await bid(first.node.url, 950)
      const refused = [early, later, last].filter(({ code }) => code !== undefined)
      return { decidedByLostState: refused.length, isCoincidence, acceptedAtMs }
    },
  }
}

/** Each transaction takes an id. */
async function burnTransactions(databaseUrl: string, count: number): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(`DO $$ BEGIN FOR each IN 1..${count} LOOP
      PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`),
  )
}

async function xminOf(databaseUrl: string, topic: string): Promise<bigint> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ readonly xmin: string }>(
      'SELECT xmin::text AS xmin FROM topics WHERE topic = $1',
      [topic],
    )
    return BigInt(rows[0]?.xmin ?? '0')
  })
}

/**
 * Rewrites the topic's row, unchanged, in the transaction with this id, like a bid that happens to get it. Resolves
 * with whether that succeeded: another session may take the same id.
 */
async function touchWith(databaseUrl: string, topic: string, xmin: bigint): Promise<boolean> {
  await withClient(databaseUrl, async (client) => {
    await client.query(`DO $$ DECLARE own bigint; BEGIN LOOP
      own := pg_current_xact_id()::text::bigint;
      IF own = ${xmin} THEN UPDATE topics SET head = head WHERE topic = '${topic}'; END IF;
      COMMIT;
      EXIT WHEN own >= ${xmin};
    END LOOP; END $$`)
  })
  return (await xminOf(databaseUrl, topic)) === xmin
}
