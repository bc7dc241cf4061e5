import { type SQL, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../support/caller.ts'
import { createRandom } from '../support/random.ts'
import { CANCEL, HAMMER } from './auction-documents.ts'
import { openSaleroom, type Saleroom } from './saleroom.ts'

const ROUNDS = 5
const COMMANDS_A_ROUND = 60
const CREDIT = 20_000
const HISTORY = `query ($id: ID!) { auction(id: $id) { bids(first: 5) { edges { node { id } } } } }`

/** Each transfer twice: what it gives to an account, and what it takes from one. */
const MOVES = sql`moves AS (
  SELECT sequence, auction_id, currency, credit AS account, amount FROM transfers
  UNION ALL SELECT sequence, auction_id, currency, debit, -amount FROM transfers)`

describe('the stored ledger, while random bidders spend the same money in several auctions at once', () => {
  const seed = Date.now() % 2 ** 31
  const random = createRandom(seed)
  let saleroom: Saleroom
  let bidders: readonly Caller[]
  let lots: readonly { readonly id: string; readonly seller: Caller }[]
  /** What was given to bidders, less what was taken away. */
  let credited = 0

  beforeAll(async () => {
    saleroom = await openSaleroom()
    bidders = await Promise.all(Array.from({ length: 6 }, () => saleroom.newcomer(CREDIT)))
    credited = bidders.length * CREDIT
    const terms = [{}, { reservePrice: 4_000 }, { reservePrice: 6_000, buyNowPrice: 9_000 }, {}, {}]
    lots = await Promise.all(terms.map((each) => saleroom.lot({ funded: true, ...each })))
  })
  afterAll(() => saleroom[Symbol.asyncDispose]())

  async function expectRows(query: SQL, expected: readonly object[] = []): Promise<void> {
    const { rows } = await saleroom.node.app.services.database.execute(query)
    expect(rows, `seed ${seed}`).toEqual(expected)
  }

  const some = <Item>(of: readonly Item[]): Item => {
    const found = of[random(of.length)]
    if (found === undefined) throw new RangeError('nothing to choose from')
    return found
  }

  async function act(index: number): Promise<void> {
    const { id } = some(lots)
    const what = random(14)
    if (what === 0) {
      const { bids } = await saleroom.owner.ask<{
        readonly bids: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
      }>(HISTORY, { id })
      await saleroom.strike(bids.edges.at(random(5))?.node.id)
    } else if (what === 1) {
      const change = random(6_000) - 3_000
      const answer = await saleroom.credit(some(bidders), change)
      if (answer.wallet !== undefined) credited += change
    } else if (what === 2) await saleroom.buy(some(bidders), id, 9_000)
    else {
      const value = 400 + index * 25 + random(40) * 50
      await saleroom.bid(some(bidders), id, random(2) === 0 ? { amount: value } : { maximum: value })
    }
  }

  async function expectSound(): Promise<void> {
    // Debits equal credits.
    await expectRows(
      sql`WITH ${MOVES} SELECT currency, sum(amount)::int AS total FROM moves GROUP BY currency`,
      [{ currency: 'EUR', total: 0 }],
    )
    // Nothing is made or lost: wallets have what the house gave.
    await expectRows(
      sql`WITH ${MOVES} SELECT (SELECT sum(balance)::int FROM wallets) AS wallets,
        (SELECT -sum(amount)::int FROM moves WHERE account = 'house') AS house`,
      [{ wallets: credited, house: credited }],
    )
    // Every wallet is what its accounts say.
    await expectRows(
      sql`WITH ${MOVES}, accounts AS (SELECT account, sum(amount) AS amount FROM moves GROUP BY account)
        SELECT user_id, balance, held, free.amount AS free, kept.amount AS kept FROM wallets
        LEFT JOIN accounts AS free ON free.account = 'available:' || user_id
        LEFT JOIN accounts AS kept ON kept.account = 'held:' || user_id
        WHERE balance - held <> coalesce(free.amount, 0) OR held <> coalesce(kept.amount, 0)`,
    )
    // No account but the house's was below zero at any moment, nor did an auction ever give back more than it held.
    await expectRows(
      sql`WITH ${MOVES}, running AS (
          SELECT account, sum(amount) OVER (PARTITION BY account ORDER BY sequence) AS at_that_moment FROM moves
          UNION ALL
          SELECT account || ' in ' || auction_id, sum(amount) OVER (PARTITION BY auction_id, account ORDER BY sequence)
          FROM moves WHERE account LIKE 'held:%')
        SELECT * FROM running WHERE account <> 'house' AND at_that_moment < 0`,
    )
    // An auction holds of one bidder at most, once, and what the ledger says.
    await expectRows(
      sql`WITH ${MOVES}, held AS (
          SELECT auction_id, substr(account, 6) AS user_id, sum(amount) AS amount FROM moves
          WHERE account LIKE 'held:%' GROUP BY auction_id, account HAVING sum(amount) <> 0)
        SELECT * FROM held FULL JOIN holds USING (auction_id, user_id) WHERE held.amount IS DISTINCT FROM holds.amount`,
    )
    await expectRows(sql`SELECT auction_id FROM holds GROUP BY auction_id HAVING count(*) > 1`)
  }

  test('adds up after every round, and after the end of every auction', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const indices = Array.from({ length: COMMANDS_A_ROUND }, (_, index) => round * COMMANDS_A_ROUND + index)
      await Promise.all(indices.map(act))
      await expectSound()
    }
    const kinds = ['CREDIT', 'DEBIT', 'HOLD', 'RELEASE'].map((kind) => ({ kind }))
    await expectRows(sql`SELECT DISTINCT kind FROM transfers WHERE kind <> 'CAPTURE' ORDER BY kind`, kinds)

    const [cancelled, ...others] = lots
    await cancelled?.seller.ask(CANCEL, { id: cancelled.id, reason: 'Withdrawn' })
    for (const { id, seller } of others) await seller.ask(HAMMER, { id })
    await expectSound()
    await expectRows(sql`SELECT * FROM holds`)
    // Each sale was paid once, at its price.
    await expectRows(
      sql`SELECT id FROM auctions LEFT JOIN transfers ON auction_id = id AND kind = 'CAPTURE'
        GROUP BY id, phase, standing->'winner'->>'price'
        HAVING sum(amount)::text IS DISTINCT FROM standing->'winner'->>'price' OR count(sequence) > 1`,
    )
  }, 60_000)
})
