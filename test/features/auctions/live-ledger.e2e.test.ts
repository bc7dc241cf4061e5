import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { PAUSE, PLACE_BID, RESUME, VOID } from '../../api/auction-documents.ts'
import { PAUSE_ROOM, RESUME_ROOM } from '../../api/room-documents.ts'
import { type Caller, createCaller } from '../../support/caller.ts'
import { startNode } from '../../support/node.ts'
import { withClient } from '../../support/postgres-databases.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { createRandom } from '../../support/random.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'
import { makeAuction, makeRoom } from '../../support/rooms.ts'
import { runScript } from '../../torture/operator-scripts.ts'

const ROUNDS = 3
const LOTS = 6
const BIDDERS = 8
/** Each gives one command after the other. */
const AT_ONCE = 8
const CREDIT = `mutation ($userId: ID!, $amount: Amount!, $key: String!) {
  creditWallet(userId: $userId, currency: "EUR", amount: $amount, idempotencyKey: $key) { __typename } }`
const LATEST = 'query ($id: ID!) { auction(id: $id) { bids(first: 5) { edges { node { id } } } } }'

describe('npm run verify-ledger', () => {
  test('finds no fault and no deadlock while two nodes process bids, voids and pauses on funded auctions', async () => {
    const options = {
      ...{ databaseUrl: await freshDatabase(), redisUrl: sharedRedisUrl() },
      env: { REDIS_PREFIX: freshRedisPrefix() },
    }
    await using first = await startNode(options)
    await using second = await startNode(options)
    const nodes = [first, second]
    const seed = Date.now() % 2 ** 31
    const random = createRandom(seed)
    const some = <Item>(of: readonly Item[]): Item => {
      const found = of[random(of.length)]
      if (found === undefined) throw new RangeError('nothing to choose from')
      return found
    }
    const roots = await Promise.all(nodes.map((node) => createCaller(node, 'root', ['admin'])))
    const bidders = await Promise.all(
      Array.from({ length: BIDDERS }, (_, index) =>
        createCaller(nodes[index % 2] ?? first, `bidder ${index}`),
      ),
    )
    const seller = await first.token('seller')
    const roomId = await makeRoom(first, seller)
    const lots = await Promise.all(
      Array.from({ length: LOTS }, () =>
        makeAuction(first, seller, roomId, { funded: true, reservePrice: 4_000 }),
      ),
    )
    const credit = (by: Caller, amount: number) =>
      some(roots).answer(CREDIT, { userId: by.id, amount, key: randomUUID() })
    for (const each of bidders) await credit(each, 50_000)

    let [price, commands, isOver] = [500, 0, false]
    async function voidOne(id: string): Promise<void> {
      const { auction } = (await some(roots).answer(LATEST, { id })).data as {
        readonly auction: {
          readonly bids: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
        }
      }
      const bid = auction.bids.edges.at(random(5))?.node
      if (bid !== undefined) await some(roots).answer(VOID, { id: bid.id, reason: 'Mistaken' })
    }
    async function act(): Promise<void> {
      const id = some(lots)
      const what = random(60)
      price += 3
      if (what < 3) await voidOne(id)
      else if (what < 5) {
        await some(roots).answer(PAUSE, { id })
        await some(roots).answer(RESUME, { id })
      } else if (what < 6) {
        await some(roots).answer(PAUSE_ROOM, { roomId })
        await some(roots).answer(RESUME_ROOM, { roomId })
      } else if (what < 9) await credit(some(bidders), random(4_000) - 2_000)
      else {
        const value = price + random(40) * 50
        const offer = random(2) === 0 ? { amount: value } : { maximum: value }
        const input = { auctionId: id, idempotencyKey: randomUUID(), ...offer }
        await some(bidders).answer(PLACE_BID, { input })
      }
      commands += 1
    }
    const work = Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (!isOver) await act()
      }),
    )
    const failures: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = commands
      await runScript('verify-ledger', options.databaseUrl).catch(({ message }: Error) =>
        failures.push(message),
      )
      expect(commands, 'nothing was done meanwhile').toBeGreaterThan(before)
    }
    isOver = true
    await work
    await runScript('verify-ledger', options.databaseUrl)
    // A deadlock is resolved after a second, in which both auctions stand still.
    const { rows } = await withClient(options.databaseUrl, (client) =>
      client.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
    )
    expect(rows).toEqual([{ deadlocks: '0' }])
    expect(failures, `seed ${seed}`).toEqual([])
    for (const each of [...roots, ...bidders]) await each[Symbol.asyncDispose]()
  }, 300_000)
})
