import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { createFixture, viewer } from './fixtures.ts'
import { ann, owner, type Sale, sale } from './sale-of-room.ts'

const service = viewer('service', 'SERVICE')
const MIGRATION = join(import.meta.dirname, '../../src/features/migrations/0014_currencies.sql')

const CREATE = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) {
  ... on AuctionPayload { auction { currencyExponent } } ... on Rejected { code field } } }`

async function create({ run, roomId }: Sale, currency: string, currencyExponent?: number): Promise<unknown> {
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  const input = {
    roomId,
    title: 'Lamp',
    currency,
    currencyExponent,
    startingPrice: 500,
    endsAt,
    funded: true,
  }
  const answer = await run(owner, CREATE, { input })
  return new Map(Object.entries(Object(answer))).get('createAuction')
}

const walletExponent = ({ run }: Sale, currency: string): Promise<unknown> =>
  run(ann, `{ viewer { wallet(currency: "${currency}") { currencyExponent } } }`)

const accepted = (currencyExponent: number) => ({ auction: { currencyExponent } })
const REFUSED = { code: 'INVALID_INPUT', field: 'currencyExponent' }

describe('the exponent of a currency outside ISO 4217', () => {
  test('is fixed by the first auction in it', async () => {
    const all = await sale()
    expect(await create(all, 'POINTS', 3)).toEqual(accepted(3))
    expect(await create(all, 'POINTS', 0)).toEqual(REFUSED)
    expect(await create(all, 'POINTS', 3)).toEqual(accepted(3))
    expect(await create(all, 'POINTS')).toEqual(accepted(3))
    expect(await create(all, 'STARS')).toEqual(accepted(0))
    expect(await create(all, 'STARS', 2)).toEqual(REFUSED)
  })

  test('is not fixed by an auction that is refused', async () => {
    const all = await sale()
    expect(await create(all, 'POINTS', 9)).toEqual(REFUSED)
    expect(await create(all, 'POINTS', 2)).toEqual(accepted(2))
  })

  test('is one, however many first auctions come at once', async () => {
    const all = await sale()
    const answers = await Promise.all([0, 1, 2, 3].map((exponent) => create(all, 'POINTS', exponent)))
    expect(answers.filter((answer) => 'auction' in Object(answer))).toHaveLength(1)
    expect(answers.filter((answer) => 'code' in Object(answer))).toEqual([REFUSED, REFUSED, REFUSED])
  })

  test('is that of wallets in it, and of the refusal to withdraw', async () => {
    const all = await sale('visibility: PUBLIC', await createFixture(owner, ann, service))
    const exponent = (currencyExponent: number | null) => ({ viewer: { wallet: { currencyExponent } } })
    expect(await walletExponent(all, 'POINTS')).toEqual(exponent(null))
    await create(all, 'POINTS', 3)
    expect(await walletExponent(all, 'POINTS')).toEqual(exponent(3))
    expect(await walletExponent(all, 'EUR')).toEqual(exponent(2))
    const debit = `mutation { creditWallet(userId: "ann", currency: "POINTS", amount: -1, idempotencyKey: "1") {
      ... on Rejected { reason } } }`
    expect(await all.run(service, debit)).toEqual({
      creditWallet: { reason: 'Only 0.000 POINTS can be withdrawn.' },
    })
  })

  test('is that of the first auction also where it was created before exponents were fixed', async () => {
    const all = await sale()
    await create(all, 'POINTS', 3)
    await create(all, 'EUR')
    const { database } = all.services
    await database.execute(sql`DELETE FROM currencies`)
    const [, backfill = ''] = (await readFile(MIGRATION, 'utf8')).split('--> statement-breakpoint')
    await database.execute(sql.raw(backfill))
    expect(await create(all, 'POINTS', 0)).toEqual(REFUSED)
  })
})
