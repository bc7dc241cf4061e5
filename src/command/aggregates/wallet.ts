import { decideCredit, type WalletCommand, type WalletReply } from '../../domain/wallet/credit.ts'
import { emptyWallet, evolveWallets, type Transfer } from '../../domain/wallet/transfer.ts'
import { isCurrency, type Wallet } from '../../domain/wallet/wallet.ts'
import { asUserId } from '../../kernel/id.ts'
import { idOf } from '../../kernel/topic.ts'
import type { Aggregate } from '../aggregate.ts'
import { lockWalletsOf, saveTransfers } from './ledger.ts'

/** One user's wallets by currency: those that the commands name. */
type State = ReadonlyMap<string, Wallet>

/** The ledger is the history of wallets: their topic orders commands and has no entries. */
export const walletAggregate: Aggregate<WalletCommand, WalletReply, State, Transfer, Wallet> = {
  topicsBegunBy: ({ topic }) => [topic],

  async load(tx, topic, commands) {
    const named = new Set(commands.map(({ body }) => body.currency).filter(isCurrency))
    return lockWalletsOf(tx, asUserId(idOf(topic)), [...named].sort())
  },

  decide: (state, { actor, body }) => decideCredit(walletIn(state, body.currency), body, actor),

  evolve(state, transfer) {
    const { currency } = transfer
    const account = transfer.debit.kind === 'house' ? transfer.credit : transfer.debit
    if (account.kind === 'house') return state
    const before = new Map([[account.userId, walletIn(state, currency)]])
    const after = evolveWallets(before, transfer).get(account.userId)
    return after === undefined ? state : new Map(state).set(currency, after)
  },

  entryOf: () => undefined,

  async save(tx, { now, steps }) {
    const lines = steps.map(({ event, actor }) => {
      const actorId = actor.kind === 'user' ? actor.person.id : null
      return { transfer: event, actorId, offset: null }
    })
    await saveTransfers(tx, lines, null, now)
    return []
  },

  viewOf: (after, { currency }) => walletIn(after, currency),
}

function walletIn(state: State, currency: string): Wallet {
  return state.get(currency) ?? emptyWallet(currency)
}
