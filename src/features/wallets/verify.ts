import { sql } from 'drizzle-orm'
import type { Executor } from '../../engine/storage/database.ts'
import type { Difference } from '../../engine/verify/difference.ts'

/**
 * Recomputes every wallet from the ledger and every hold from the auctions, and reports where the stored state
 * differs.
 */
export async function* verifyMoney(executor: Executor): AsyncGenerator<Difference, void> {
  yield* await verifyWallets(executor)
  yield* await verifyIssued(executor)
  yield* await verifyHolds(executor)
  yield* await verifySales(executor)
}

interface Mismatch extends Record<string, unknown> {
  readonly about: string
  readonly what: string
  readonly stored: string | null
  readonly recomputed: string | null
}

/** Each account's balance: its credits minus its debits. */
async function verifyWallets(executor: Executor): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Mismatch>(sql`
    WITH moves AS (
      SELECT credit AS account, currency, amount FROM transfers
      UNION ALL SELECT debit, currency, -amount FROM transfers
    ), accounts AS (
      SELECT account, currency, sum(amount) AS amount FROM moves GROUP BY account, currency
    ), recomputed AS (
      SELECT split_part(account, ':', 1) AS part, substr(account, strpos(account, ':') + 1) AS user_id, currency, amount
      FROM accounts WHERE account <> 'house'
    ), both_ways AS (
      SELECT coalesce(wallets.user_id, known.user_id) AS user_id, coalesce(wallets.currency, known.currency) AS currency,
        coalesce(wallets.balance, 0) AS balance, coalesce(wallets.held, 0) AS held,
        coalesce(known.available + known.held, 0) AS told_balance, coalesce(known.held, 0) AS told_held
      FROM wallets FULL JOIN (
        SELECT user_id, currency,
          coalesce(sum(amount) FILTER (WHERE part = 'available'), 0) AS available,
          coalesce(sum(amount) FILTER (WHERE part = 'held'), 0) AS held
        FROM recomputed GROUP BY user_id, currency
      ) AS known USING (user_id, currency)
    )
    SELECT 'wallet ' || user_id || ' ' || currency AS about, 'balance' AS what, balance::text AS stored, told_balance::text AS recomputed
    FROM both_ways WHERE balance <> told_balance
    UNION ALL
    SELECT 'wallet ' || user_id || ' ' || currency, 'held', held::text, told_held::text FROM both_ways WHERE held <> told_held`)
  return rows
}

/** The issuer's payouts minus its intake equal the total of all wallets. */
async function verifyIssued(executor: Executor): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Mismatch>(sql`
    WITH given AS (
      SELECT currency, sum(CASE WHEN debit = 'house' THEN amount ELSE -amount END) AS amount FROM transfers
      WHERE debit = 'house' OR credit = 'house' GROUP BY currency
    )
    SELECT 'currency ' || currency AS about, 'issued' AS what, coalesce(issued.amount, 0)::text AS stored,
      coalesce(given.amount, 0)::text AS recomputed
    FROM issued FULL JOIN given USING (currency) WHERE coalesce(issued.amount, 0) <> coalesce(given.amount, 0)`)
  return rows
}

/** An open, funded auction holds exactly its leader's maximum; wallets hold the sum of these. */
async function verifyHolds(executor: Executor): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Mismatch>(sql`
    WITH expected AS (
      SELECT id AS auction_id, "leading"->'bidder'->>'id' AS user_id, terms->>'currency' AS currency, ("leading"->>'maximum')::bigint AS amount
      FROM auctions
      WHERE (terms->>'funded')::boolean AND phase IN ('LIVE', 'PAUSED') AND "leading" IS NOT NULL AND json_typeof("leading") = 'object'
    )
    SELECT 'auction ' || auction_id AS about, 'hold of ' || user_id AS what, holds.amount::text AS stored, expected.amount::text AS recomputed
    FROM holds FULL JOIN expected USING (auction_id, user_id, currency) WHERE holds.amount IS DISTINCT FROM expected.amount
    UNION ALL
    SELECT 'wallet ' || user_id || ' ' || currency, 'held for auctions', wallets.held::text, coalesce(sums.amount, 0)::text
    FROM wallets LEFT JOIN (SELECT user_id, currency, sum(amount) AS amount FROM holds GROUP BY user_id, currency) AS sums USING (user_id, currency)
    WHERE wallets.held <> coalesce(sums.amount, 0)`)
  return rows
}

/** A funded sale transferred its price to the seller exactly once. */
async function verifySales(executor: Executor): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Mismatch>(sql`
    SELECT 'auction ' || auctions.id AS about, 'captured' AS what, coalesce(sum(transfers.amount), 0)::text AS stored,
      standing->'winner'->>'price' AS recomputed
    FROM auctions LEFT JOIN transfers ON transfers.auction_id = auctions.id AND transfers.kind = 'CAPTURE'
      AND transfers.debit = 'held:' || (standing->'winner'->'user'->>'id') AND transfers.credit = 'available:' || (terms->'seller'->>'id')
    WHERE (terms->>'funded')::boolean AND phase = 'SOLD'
    GROUP BY auctions.id, standing->'winner'->>'price'
    HAVING coalesce(sum(transfers.amount), 0)::text IS DISTINCT FROM standing->'winner'->>'price'`)
  return rows
}
