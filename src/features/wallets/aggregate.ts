import { sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import { type Amount, amount } from '../../engine/kernel/amount.ts'
import { isCurrency } from '../../engine/kernel/currency.ts'
import { asUserId } from '../../engine/kernel/id.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { readExponents } from './exponents.ts'
import { lockWalletsOf, saveTransfers } from './ledger.ts'
import { type Credited, decideCredit, type WalletCommand, type WalletReply } from './rules/credit.ts'
import { emptyWallet, evolveWallets, type Transfer } from './rules/transfer.ts'
import type { Wallet } from './rules/wallet.ts'
import { issued } from './tables.ts'

/** One user's wallets by currency: those that the commands name. */
type State = ReadonlyMap<string, Credited>

const NOTHING = amount(0)

/** The ledger is the history of wallets: their topic only orders commands and has no entries. */
export const walletAggregate: Aggregate<WalletCommand, WalletReply, State, Transfer, Wallet> = {
  topicsBegunBy: ({ topic }) => [topic],

  async load(tx, { topic, commands }) {
    const named = [...new Set(commands.map(({ body }) => body.currency).filter(isCurrency))].sort()
    const wallets = await lockWalletsOf(tx, asUserId(idOf(topic)), named)
    const amounts = await lockIssued(tx, named)
    const exponents = await readExponents(tx, named)
    return new Map(
      [...wallets].map(([currency, wallet]) => {
        return [
          currency,
          { wallet, issued: amounts.get(currency) ?? NOTHING, exponent: exponents.get(currency) },
        ]
      }),
    )
  },

  decide: (state, { actor, body }) => decideCredit(creditedIn(state, body.currency), body, actor),

  evolve(state, transfer) {
    const { currency } = transfer
    const isCredit = transfer.debit.kind === 'house'
    const account = isCredit ? transfer.credit : transfer.debit
    if (account.kind === 'house') return state
    const { wallet, issued, exponent } = creditedIn(state, currency)
    const after = evolveWallets(new Map([[account.userId, wallet]]), transfer).get(account.userId)
    if (after === undefined) return state
    const change = isCredit ? transfer.amount : -transfer.amount
    return new Map(state).set(currency, { wallet: after, issued: amount(issued + change), exponent })
  },

  entryOf: () => undefined,

  async save(tx, { now, steps, after }) {
    const lines = steps.map(({ event, actor }) => {
      const actorId = actor.kind === 'user' ? actor.person.id : null
      return { transfer: event, actorId, offset: null }
    })
    await saveTransfers(tx, lines, null, now)
    for (const currency of new Set(steps.map(({ event }) => event.currency))) {
      await tx.execute(sql`
        UPDATE issued SET amount = ${creditedIn(after, currency).issued} WHERE currency = ${currency}`)
    }
    return SAVED
  },

  viewOf: (after, { currency }) => creditedIn(after, currency).wallet,
}

function creditedIn(state: State, currency: string): Credited {
  return state.get(currency) ?? { wallet: emptyWallet(currency), issued: NOTHING }
}

/** Locked after the wallets, and by no other transaction. */
async function lockIssued(
  tx: Transaction,
  currencies: readonly string[],
): Promise<ReadonlyMap<string, Amount>> {
  if (currencies.length === 0) return new Map()
  const wanted = sql.param(currencies)
  await tx.execute(sql`
    INSERT INTO issued (currency, amount) SELECT currency, 0 FROM unnest(${wanted}::text[]) AS wanted(currency)
    ON CONFLICT DO NOTHING`)
  const rows = await tx
    .select()
    .from(issued)
    .where(sql`${issued.currency} = ANY(${wanted})`)
    .orderBy(issued.currency)
    .for('update')
  return new Map(rows.map((row) => [row.currency, row.amount]))
}
