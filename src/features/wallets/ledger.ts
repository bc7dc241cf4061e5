import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { UserId } from '../../engine/kernel/id.ts'
import { formatInstant, type Instant } from '../../engine/kernel/instant.ts'
import type { Offset } from '../../engine/kernel/position.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { type Account, accountName, emptyWallet, type Transfer, type Wallets } from './rules/transfer.ts'
import type { Wallet } from './rules/wallet.ts'
import { wallets } from './tables.ts'

/** The cause of a transfer: its reference in the ledger, and its history. */
export interface Cause {
  readonly id: string
  readonly topic: Topic
}

/**
 * A transfer as the ledger stores it: with the user who sent the command, and the head of the causing history after
 * it.
 */
export interface LedgerLine {
  readonly transfer: Transfer
  readonly actorId: UserId | null
  /** Null: after the last entry. */
  readonly offset: Offset | null
}

/**
 * The wallets of `userIds` in one currency, locked until the transaction ends. All transactions lock wallets in the
 * order of user ids, after their topic, which rules out deadlocks.
 */
export async function lockWallets(
  tx: Transaction,
  userIds: Iterable<UserId>,
  currency: string,
): Promise<Wallets> {
  const ids = [...new Set(userIds)]
  if (ids.length === 0) return new Map()
  const rows = await tx
    .select()
    .from(wallets)
    .where(and(eq(wallets.currency, currency), inArray(wallets.userId, ids)))
    .orderBy(asc(wallets.userId))
    .for('update')
  return new Map(rows.map(({ userId, ...wallet }) => [userId, wallet]))
}

/** The wallets of one user in `currencies`, locked in their order. */
export async function lockWalletsOf(
  tx: Transaction,
  userId: UserId,
  currencies: readonly string[],
): Promise<ReadonlyMap<string, Wallet>> {
  const rows = await tx
    .select()
    .from(wallets)
    .where(and(eq(wallets.userId, userId), inArray(wallets.currency, [...currencies])))
    .orderBy(asc(wallets.currency))
    .for('update')
  return new Map(
    currencies.map((currency) => {
      const row = rows.find((each) => each.currency === currency)
      return [currency, row ? { currency, balance: row.balance, held: row.held } : emptyWallet(currency)]
    }),
  )
}

/** Creates the user's wallet if missing: before wallets are locked, so that it is locked in order. */
export async function ensureWallet(tx: Transaction, userId: UserId, currency: string): Promise<void> {
  await tx.execute(sql`
    INSERT INTO wallets (user_id, currency, balance, held) VALUES (${userId}, ${currency}, 0, 0) ON CONFLICT DO NOTHING`)
}

/** Appends to the ledger and updates the wallets accordingly. Creates missing wallets. */
export async function saveTransfers(
  tx: Transaction,
  lines: readonly LedgerLine[],
  cause: Cause | null,
  now: Instant,
): Promise<void> {
  if (lines.length === 0) return
  const rows = lines.map(({ transfer, actorId, offset }, index) => {
    const { kind, currency, amount, debit, credit } = transfer
    return {
      n: index,
      k: kind,
      c: currency,
      m: amount,
      d: accountName(debit),
      t: accountName(credit),
      a: actorId,
      o: offset,
    }
  })
  await tx.execute(sql`
    INSERT INTO transfers (kind, currency, amount, debit, credit, auction_id, "offset", at, actor_id)
    SELECT k, c, m, d, t, ${cause?.id ?? null}::text, coalesce(o, (SELECT head FROM topics WHERE topic = ${cause?.topic ?? null}::text)),
      ${formatInstant(now)}::timestamptz, a
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(n int, k text, c text, m bigint, d text, t text, a text, o bigint)
    ORDER BY n`)
  const changes = lines
    .flatMap(({ transfer }) => changesOf(transfer))
    .sort((one, other) => (one.u < other.u ? -1 : 1))
  for (const { u, c } of distinct(changes)) await ensureWallet(tx, u, c)
  await tx.execute(sql`
    UPDATE wallets SET balance = wallets.balance + moved.balance, held = wallets.held + moved.held
    FROM (SELECT u, c, sum(b)::bigint AS balance, sum(h)::bigint AS held
      FROM json_to_recordset(${JSON.stringify(changes)}::json) AS row(u text, c text, b bigint, h bigint)
      GROUP BY u, c) AS moved
    WHERE wallets.user_id = moved.u AND wallets.currency = moved.c`)
}

interface WalletChange {
  readonly u: UserId
  readonly c: string
  readonly b: number
  readonly h: number
}

function changesOf({ currency, amount, debit, credit }: Transfer): readonly WalletChange[] {
  const change = (account: Account, by: number): readonly WalletChange[] =>
    account.kind === 'house'
      ? []
      : [{ u: account.userId, c: currency, b: by, h: account.kind === 'held' ? by : 0 }]
  return [...change(debit, -amount), ...change(credit, amount)]
}

function distinct(changes: readonly WalletChange[]): Iterable<WalletChange> {
  return new Map(changes.map((change) => [`${change.u}\n${change.c}`, change])).values()
}
