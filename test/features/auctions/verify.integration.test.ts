import { type SQL, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Difference } from '../../../src/engine/verify/difference.ts'
import { verifyDatabase } from '../../../src/engine/verify/verify.ts'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { FEATURES } from '../../support/database.ts'
import { post } from '../../support/graphql-client.ts'
import { makeAuction, makeRoom, placeBid } from '../../support/rooms.ts'

describe('verifying the database', () => {
  let node: TestApp
  let auctionId: string

  beforeAll(async () => {
    node = await startTestApp()
  })
  afterAll(() => node[Symbol.asyncDispose]())

  beforeEach(async () => {
    const seller = await node.token('seller')
    auctionId = await makeAuction(node, seller, await makeRoom(node, seller), { reservePrice: 3_000 })
    const tokens = await Promise.all(['ann', 'ben', 'cem'].map((name) => node.token(name)))
    for (let step = 0; step < 30; step += 1) {
      const value = 500 + ((step * 7_919) % 97) * 60 + step * 30
      const token = tokens[step % 3] ?? ''
      await placeBid(node, token, { auctionId, ...(step % 2 === 0 ? { amount: value } : { maximum: value }) })
    }
  })

  async function differences(): Promise<readonly Difference[]> {
    return Array.fromAsync(verifyDatabase(node.app.services.database, FEATURES.verifications))
  }

  /** What is found after `plant`, which is undone afterwards. */
  async function foundAfter(plant: SQL, undo: SQL): Promise<readonly string[]> {
    await node.app.services.database.execute(plant)
    try {
      return (await differences()).map(({ about, what }) => `${about.replace(auctionId, 'X')}: ${what}`)
    } finally {
      await node.app.services.database.execute(undo)
    }
  }

  async function voidLatest(id: string, root: string): Promise<void> {
    const { data } = await post(
      node.url,
      `query ($id: ID!) { auction(id: $id) { bids(first: 1) { edges { node { id } } } } }`,
      { id },
    )
    const { bids } = (data?.['auction'] ?? {}) as {
      readonly bids?: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
    }
    const mutation = `mutation ($id: ID!) { voidBid(bidId: $id, reason: "Mistaken.") { __typename } }`
    await post(node.url, mutation, { id: bids?.edges[0]?.node.id }, root)
  }

  /** A funded auction with bids, a voided one among them; sold when `hammer` is set. */
  async function fundedAuction(hammer: boolean): Promise<string> {
    const seller = await node.token('seller')
    const root = await node.token('root', { roles: ['admin'] })
    const id = await makeAuction(node, seller, await makeRoom(node, seller), { funded: true })
    const credit = `mutation ($id: ID!, $key: String!) {
      creditWallet(userId: $id, currency: "EUR", amount: 100000, idempotencyKey: $key) { __typename } }`
    for (const name of ['ann', 'ben', 'cem']) {
      await post(node.url, credit, { id: name, key: `${id} ${name}` }, root)
      await placeBid(node, await node.token(name), {
        auctionId: id,
        maximum: 2_000 * (name.charCodeAt(0) - 96),
      })
    }
    await voidLatest(id, root)
    await placeBid(node, await node.token('ann'), { auctionId: id, maximum: 9_000 })
    if (hammer)
      await post(
        node.url,
        `mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }`,
        { id },
        seller,
      )
    return id
  }

  test('finds nothing where nothing was tampered with', async () => {
    await fundedAuction(false)
    await fundedAuction(true)
    expect(await differences()).toEqual([])
  })

  test('raises no false alarm while bids and voids come in', async () => {
    const id = await fundedAuction(false)
    const root = await node.token('root', { roles: ['admin'] })
    const tokens = await Promise.all(['ann', 'ben', 'cem'].map((name) => node.token(name)))
    let isOver = false
    async function bidOn(lot: string, lane: number): Promise<number> {
      let count = 0
      for (let step = 1; !isOver; step += 1) {
        const value = 3_000 + (step * 3 + lane) * 50
        await placeBid(node, tokens[(step + lane) % 3] ?? '', {
          auctionId: lot,
          ...(step % 2 === 0 ? { amount: value } : { maximum: value }),
        })
        if (step % 7 === 0) await voidLatest(lot, root)
        count += 1
      }
      return count
    }
    const bidding = [bidOn(id, 0), bidOn(auctionId, 1), bidOn(auctionId, 2)]
    try {
      for (let round = 0; round < 12; round += 1) expect(await differences()).toEqual([])
    } finally {
      isOver = true
    }
    for (const count of await Promise.all(bidding)) expect(count).toBeGreaterThan(3)
    expect(await differences()).toEqual([])
  })

  test('finds a voided bid that counts again, and a ranking that was changed', async () => {
    const id = await fundedAuction(false)
    const { rows } = await node.app.services.database.execute<{ id: string; bidder: string }>(
      sql`SELECT id, bidder_id AS bidder FROM bids WHERE auction_id = ${id} AND voided_at IS NOT NULL ORDER BY sequence LIMIT 1`,
    )
    const [voided] = rows
    const found = await foundAfter(
      sql`UPDATE bids SET voided_at = NULL WHERE id = ${voided?.id}`,
      sql`UPDATE bids SET voided_at = now() WHERE id = ${voided?.id}`,
    )
    expect(found).toEqual(
      expect.arrayContaining([
        `auction ${id}: bid ${voided?.id} follows from the offers`,
        `auction ${id}: count of bids`,
        `auction ${id}: count of voided bids`,
        `auction ${id}: voided bid ${voided?.id}`,
      ]),
    )
    const board = `leaderboard:${id}`
    const ranked = await foundAfter(
      sql`UPDATE standings SET score = score + 1 WHERE board = ${board} AND user_id = 'ann'`,
      sql`UPDATE standings SET score = score - 1 WHERE board = ${board} AND user_id = 'ann'`,
    )
    expect(ranked).toEqual([`auction ${id}: ranking of ann`])
  })

  test('takes a purchase for one, also below what a bid would have to be', async () => {
    const seller = await node.token('seller')
    const terms = { startingPrice: 1_000, reservePrice: 1_300, buyNowPrice: 1_300 }
    const id = await makeAuction(node, seller, await makeRoom(node, seller), terms)
    await placeBid(node, await node.token('ann'), { auctionId: id, maximum: 1_290 })
    const buy = `mutation ($id: ID!) { buyNow(auctionId: $id, price: 1300, idempotencyKey: "k") { __typename } }`
    const { data } = await post(node.url, buy, { id }, await node.token('ben'))
    expect(data).toEqual({ buyNow: { __typename: 'BidAccepted' } })
    expect(await differences()).toEqual([])
  })

  test('finds a transfer that was changed, and a hold', async () => {
    const id = await fundedAuction(false)
    const transfers = await foundAfter(
      sql`UPDATE transfers SET amount = amount + 1 WHERE auction_id = ${id} AND kind = 'HOLD' AND debit = 'available:ann'`,
      sql`UPDATE transfers SET amount = amount - 1 WHERE auction_id = ${id} AND kind = 'HOLD' AND debit = 'available:ann'`,
    )
    expect(transfers).toContain('wallet ann EUR: held')
    const holds = await foundAfter(
      sql`UPDATE holds SET amount = amount - 1 WHERE auction_id = ${id}`,
      sql`UPDATE holds SET amount = amount + 1 WHERE auction_id = ${id}`,
    )
    expect(holds).toEqual([`auction ${id}: hold of ann`, 'wallet ann EUR: held for auctions'])
  })

  test('finds a price that was changed', async () => {
    const found = await foundAfter(
      sql`UPDATE auctions SET standing = (standing::jsonb || '{"currentPrice": 1}')::json WHERE id = ${auctionId}`,
      sql`UPDATE auctions SET standing = (SELECT data->'standing' FROM entries, topics
          WHERE entries.topic = topics.topic AND "offset" = head AND topics.topic = ${`auction:${auctionId}`}) WHERE id = ${auctionId}`,
    )
    expect(found).toEqual([
      ...['auction X: standing', 'auction X: price'],
      ...['auction X: highest bid', 'auction X: leader has a bid at the price'],
    ])
  })

  test('finds a bid that was changed, and an offer that was', async () => {
    const bids = await foundAfter(
      sql`UPDATE bids SET amount = amount + 1 WHERE auction_id = ${auctionId} AND sequence = 1`,
      sql`UPDATE bids SET amount = amount - 1 WHERE auction_id = ${auctionId} AND sequence = 1`,
    )
    expect(bids).toMatchObject([expect.stringMatching(/^auction X: bid bid_/)])
    const offers = await foundAfter(
      sql`UPDATE ceilings SET offer = offer * 10 WHERE auction_id = ${auctionId} AND sequence = 1`,
      sql`UPDATE ceilings SET offer = offer / 10 WHERE auction_id = ${auctionId} AND sequence = 1`,
    )
    expect(offers).toContain('auction X: offers that the rules would refuse')
  })

  test('finds a missing entry', async () => {
    const { rows } = await node.app.services.database.execute<{ data: object; at: string }>(
      sql`SELECT data, at::text FROM entries WHERE topic = ${`auction:${auctionId}`} AND "offset" = 2`,
    )
    const found = await foundAfter(
      sql`DELETE FROM entries WHERE topic = ${`auction:${auctionId}`} AND "offset" = 2`,
      sql`INSERT INTO entries (topic, "offset", at, type, data)
          VALUES (${`auction:${auctionId}`}, 2, ${rows[0]?.at}, 'BidPlaced', ${JSON.stringify(rows[0]?.data)})`,
    )
    expect(found).toEqual(['auction X: entries kept'])
  })

  test('finds money that no transfer brought, and a hold that no auction asked for', async () => {
    await fundedAuction(false)
    const money = await foundAfter(
      sql`INSERT INTO wallets (user_id, currency, balance, held) VALUES ('dan', 'EUR', 5, 0)`,
      sql`DELETE FROM wallets WHERE user_id = 'dan'`,
    )
    expect(money).toEqual(['wallet dan EUR: balance'])
    const holds = await foundAfter(
      sql`INSERT INTO holds (auction_id, user_id, currency, amount) VALUES (${auctionId}, 'dan', 'EUR', 5)`,
      sql`DELETE FROM holds WHERE user_id = 'dan'`,
    )
    expect(holds).toEqual(['auction X: hold of dan'])
    const issued = await foundAfter(
      sql`UPDATE issued SET amount = amount + 1 WHERE currency = 'EUR'`,
      sql`UPDATE issued SET amount = amount - 1 WHERE currency = 'EUR'`,
    )
    expect(issued).toEqual(['currency EUR: issued'])
  })
})
