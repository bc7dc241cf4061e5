import { availableIn } from '../features/wallets/rules/transfer.ts'
import type { Wallet as WalletShape } from '../features/wallets/rules/wallet.ts'
import { LOOKUP, STATEMENT } from '../platform/limits/field-cost.ts'
import {
  creditWallet,
  exponentOfWallet,
  type WalletPayload as WalletPayloadShape,
  walletOfViewer,
} from '../resolvers/wallets.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { Rejected } from './result.ts'
import { Viewer } from './viewer.ts'

/** Wallets, and the amounts in a refusal for lack of funds. */
export function addWallets(builder: Builder): void {
  const Wallet = builder.objectRef<WalletShape>('Wallet').implement({
    description: 'available = balance − held.',
    fields: (t) => ({
      currency: t.exposeString('currency'),
      currencyExponent: t.int({
        nullable: true,
        description:
          'Decimal digits of its minor unit: 1050 of EUR, with 2, is 10.50. By ISO 4217; of codes of your own, by the first ' +
          'auction in them, and null before that.',
        ...costs({ weight: LOOKUP }),
        resolve: (wallet, _args, context) => exponentOfWallet(wallet, context),
      }),
      balance: t.expose('balance', { type: 'Amount' }),
      held: t.expose('held', { type: 'Amount' }),
      available: t.field({ type: 'Amount', resolve: availableIn }),
    }),
  })

  const WalletPayload = builder.objectRef<WalletPayloadShape>('WalletPayload').implement({
    fields: (t) => ({ wallet: t.expose('wallet', { type: Wallet }) }),
  })

  const WalletResult = builder.unionType('WalletResult', {
    types: [WalletPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : WalletPayload),
  })

  builder.mutationField('creditWallet', (t) =>
    t.field({
      type: WalletResult,
      description:
        'Services and administrators: adds to the balance. A negative amount subtracts, but never below zero available.',
      args: {
        userId: t.arg.id({ required: true }),
        currency: t.arg.string({ required: true }),
        amount: t.arg({ type: 'Amount', required: true }),
        idempotencyKey: t.arg.string({ required: true }),
      },
      resolve: asCaller(creditWallet),
    }),
  )

  builder.objectField(Viewer, 'wallet', (t) =>
    t.field({
      type: Wallet,
      args: { currency: t.arg.string({ required: true }) },
      ...costs({ weight: STATEMENT }),
      resolve: walletOfViewer,
    }),
  )

  builder.objectFields(Rejected, (t) => ({
    available: t.expose('available', {
      type: 'Amount',
      nullable: true,
      description: 'INSUFFICIENT_FUNDS: what the viewer can still spend, and what the command requires.',
    }),
    required: t.expose('required', { type: 'Amount', nullable: true }),
  }))
}
