import { sql } from 'drizzle-orm'
import { bigint, bigserial, check, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Amount } from '../../engine/kernel/amount.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Offset } from '../../engine/kernel/position.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { TransferKind } from './rules/wallet.ts'

/** Each user's balance by currency; `held` is reserved for auctions. Derived from `transfers`. */
export const wallets = pgTable(
  'wallets',
  {
    userId: text('user_id').$type<UserId>().notNull(),
    currency: text().notNull(),
    balance: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    held: bigint({ mode: 'number' }).$type<Amount>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.currency] }),
    check('wallets_cover_their_holds', sql`${t.held} >= 0 AND ${t.balance} >= ${t.held}`),
  ],
)

/**
 * The total of each currency over all wallets. No wallet is negative, so while this total fits an amount, every
 * balance does, whatever auctions move between them.
 */
export const issued = pgTable('issued', {
  currency: text().primaryKey(),
  amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
})

/** The exponents of currencies outside ISO 4217, each fixed by the first auction in it: all share its wallets. */
export const currencies = pgTable('currencies', {
  code: text().primaryKey(),
  exponent: integer().notNull(),
})

/** The amount held for a funded auction's leader: at most one hold per bidder and auction. */
export const holds = pgTable(
  'holds',
  {
    auctionId: text('auction_id').notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    currency: text().notNull(),
    amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.auctionId, t.userId] }), index('holds_of_user').on(t.userId, t.currency)],
)

/**
 * The ledger, append-only and double-entry: each row moves `amount` from one account to another. Accounts are `house`
 * (the issuer; the stored name stays), `available:USER` and `held:USER`.
 */
export const transfers = pgTable(
  'transfers',
  {
    sequence: bigserial({ mode: 'number' }).primaryKey(),
    kind: text().$type<TransferKind>().notNull(),
    currency: text().notNull(),
    amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    debit: text().notNull(),
    credit: text().notNull(),
    /** The auction that caused it, and the length of its history right after the command. */
    auctionId: text('auction_id'),
    offset: bigint({ mode: 'number' }).$type<Offset>(),
    at: instantColumn('at').notNull(),
    actorId: text('actor_id').$type<UserId>(),
  },
  (t) => [
    index('transfers_of_auction').on(t.auctionId, t.sequence),
    check('transfers_move_something', sql`${t.amount} > 0 AND ${t.debit} <> ${t.credit}`),
  ],
)
