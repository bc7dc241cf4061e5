import { describe, expect, test } from 'vitest'
import { createFixture, viewer } from './fixtures.ts'

const ANN = viewer('ann')
const BANK = viewer('bank', 'SERVICE')

describe('A wallet', () => {
  test.each([
    ['EUR', 2],
    ['HUF', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['POINTS', null],
  ])('in %s has the exponent %s, empty or not', async (currency, currencyExponent) => {
    const { run } = await createFixture(ANN, BANK)
    const own = `{ viewer { wallet(currency: "${currency}") { currency currencyExponent balance } } }`
    expect(await run(ANN, own)).toEqual({ viewer: { wallet: { currency, currencyExponent, balance: 0 } } })
    const credit = `mutation { creditWallet(userId: "ann", currency: "${currency}", amount: 5, idempotencyKey: "k") {
      ... on WalletPayload { wallet { currencyExponent balance } } } }`
    expect(await run(BANK, credit)).toEqual({ creditWallet: { wallet: { currencyExponent, balance: 5 } } })
    expect(await run(ANN, own)).toMatchObject({ viewer: { wallet: { currencyExponent, balance: 5 } } })
  })
})
