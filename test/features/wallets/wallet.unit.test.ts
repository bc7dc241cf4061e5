import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { decideCredit, type WalletCommand } from '../../../src/features/wallets/rules/credit.ts'
import { crediting, evolveWallets, type Wallets } from '../../../src/features/wallets/rules/transfer.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import { user } from '../auctions/auction-fixtures.ts'

const ANN = asUserId('Ann')
const WALLET = { currency: 'EUR', balance: amount(100), held: amount(70) }
const CREDITED = { wallet: WALLET, issued: amount(1000) }
const SERVICE = user('Bank', 'SERVICE')

function credit(change: number, currency = 'EUR'): WalletCommand {
  return { kind: 'credit', userId: ANN, currency, amount: change }
}

describe('the refusal to withdraw more than is available', () => {
  test.for([
    ['KWD', undefined, 'Only 1.500 KWD can be withdrawn.'],
    ['EUR', undefined, 'Only 15.00 EUR can be withdrawn.'],
    ['POINTS', 2, 'Only 15.00 POINTS can be withdrawn.'],
    ['POINTS', undefined, 'Only 1500 POINTS can be withdrawn.'],
  ] as const)('names the amount in %s by its exponent', ([currency, exponent, reason]) => {
    const wallet = { currency, balance: amount(1500), held: amount(0) }
    const credited = { wallet, issued: amount(1500), exponent }
    expect(decideCredit(credited, credit(-1501, currency), SERVICE)).toMatchObject({
      rejection: { code: 'INSUFFICIENT_FUNDS', reason },
    })
  })
})

describe('crediting a wallet with 30 available', () => {
  test.for([user('Ann'), user('Mod', 'MODERATOR')])('is forbidden to %o', (actor) => {
    expect(decideCredit(CREDITED, credit(1), actor).kind).toBe('forbidden')
  })

  test.for([SERVICE, user('Admin', 'ADMIN')])('is a transfer from the issuer for %o', (actor) => {
    const decision = decideCredit(CREDITED, credit(5), actor)
    expect(decision).toMatchObject({ events: [crediting(ANN, 'EUR', amount(5))] })
  })

  test('takes away all that is available and no more', () => {
    expect(decideCredit(CREDITED, credit(-30), SERVICE)).toMatchObject({
      events: [{ kind: 'DEBIT', amount: 30, debit: { kind: 'available' }, credit: { kind: 'house' } }],
    })
    expect(decideCredit(CREDITED, credit(-31), SERVICE)).toMatchObject({
      rejection: { code: 'INSUFFICIENT_FUNDS', available: 30, required: 31 },
    })
  })

  test.for([0, 0.5, Number.NaN, 2 ** 53, Number.MAX_SAFE_INTEGER])('refuses the amount %d', (change) => {
    expect(decideCredit(CREDITED, credit(change), SERVICE)).toMatchObject({
      rejection: { code: 'INVALID_INPUT', field: 'amount' },
    })
  })

  test('refuses more than a currency can have in all, so that no sale makes a wallet overflow', () => {
    const rest = Number.MAX_SAFE_INTEGER - 1000
    expect(decideCredit(CREDITED, credit(rest), SERVICE).kind).toBe('accepted')
    expect(decideCredit(CREDITED, credit(rest + 1), SERVICE)).toMatchObject({
      rejection: { code: 'INVALID_INPUT', field: 'amount' },
    })
  })

  test.for(['', 'EU', 'eur', '1EU', 'EUR\0', 'EUROPEANS', 'EUR\n'])('refuses the currency %j', (currency) => {
    expect(decideCredit(CREDITED, credit(1, currency), SERVICE)).toMatchObject({
      rejection: { code: 'INVALID_INPUT', field: 'currency' },
    })
  })

  test('never leaves less than nothing, whatever is asked', PATIENTLY, () => {
    const run = (changes: readonly number[]): void => {
      let wallets: Wallets = new Map([[ANN, WALLET]])
      for (const change of changes) {
        const decision = decideCredit(
          { ...CREDITED, wallet: wallets.get(ANN) ?? WALLET },
          credit(change),
          SERVICE,
        )
        if (decision.kind === 'accepted') wallets = decision.events.reduce(evolveWallets, wallets)
        const { balance, held } = wallets.get(ANN) ?? WALLET
        expect(balance - held).toBeGreaterThanOrEqual(0)
      }
    }
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -80, max: 60 }), { maxLength: 60, size: 'max' }), run),
      runs(100),
    )
  })
})
