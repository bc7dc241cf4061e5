import { type SQL, sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../../src/engine/commands/command.ts'
import type { RunningDispatch } from '../../../src/engine/commands/create-dispatch.ts'
import { createSemaphore } from '../../../src/engine/commands/semaphore.ts'
import type { Actor, Role } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import type { Database } from '../../../src/engine/storage/database.ts'
import { auctionFamily } from '../../../src/features/auctions/family.ts'
import { type AuctionId, newAuctionId, newBidId } from '../../../src/features/auctions/ids.ts'
import { roomFamily } from '../../../src/features/rooms/family.ts'
import { newRoomId, type RoomId } from '../../../src/features/rooms/ids.ts'
import { walletFamily } from '../../../src/features/wallets/family.ts'
import { openDatabase, openDispatch } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

function user(id: string, ...roles: readonly Role[]): Actor {
  return { kind: 'user', person: { id: asUserId(id), name: id }, roles: new Set<Role>(['USER', ...roles]) }
}

const OWNER = user('owner')
const BANK = user('bank', 'SERVICE')

type Act = { readonly bidder: string } & (
  | { readonly kind: 'amount' | 'maximum'; readonly value: number }
  | { readonly kind: 'buy' }
  | { readonly kind: 'credit'; readonly change: number }
)

interface Opened {
  readonly id: AuctionId
  readonly nameOf: (bidder: string) => string
  readonly users: readonly string[]
}

/** Something asked for under a key, as often as one likes. */
interface Keyed {
  send(by: RunningDispatch): Promise<Outcome<object, unknown>>
}

const BIDDERS = ['ann', 'bob', 'cid']
const bidder = fc.constantFrom(...BIDDERS)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('amount', 'maximum'),
      bidder,
      value: fc.integer({ min: 9, max: 60 }).map((steps) => steps * 50),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('credit'),
      bidder,
      change: fc.integer({ min: -900, max: 900 }).filter((change) => change !== 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('buy'), bidder }) },
)
/** What is asked for at the same time. */
const waves = fc.array(fc.array(act, { minLength: 1, maxLength: 6, size: 'max' }), {
  minLength: 1,
  maxLength: 3,
  size: 'max',
})

describe('commands with a key', () => {
  let database: Database
  let nodes: readonly [RunningDispatch, RunningDispatch]
  let roomId: RoomId
  let close: () => Promise<void>
  let cases = 0

  beforeAll(async () => {
    const record = await openDatabase({
      url: await freshDatabase(),
      directory: '',
      onConnectionError: () => {},
    })
    database = record.database
    close = () => record.close()
    const options = { database, permits: createSemaphore(4), announce: () => {} }
    nodes = [openDispatch(options), openDispatch(options)]
    roomId = newRoomId()
    await nodes[0].dispatch(roomFamily, roomId, OWNER, {
      ...{ kind: 'create', id: roomId, name: 'Sale', roomKind: 'AUCTION', visibility: 'PUBLIC' },
      ...{ startsAt: null, endsAt: null, ranking: 'STANDARD', disclosure: 'OWN' },
    })
  })
  afterAll(() => close())

  /** A funded auction, and three bidders who exist in this case alone and have 2500 each. */
  async function open(): Promise<Opened> {
    cases += 1
    const nameOf = (of: string): string => `${of} ${cases}`
    const users = BIDDERS.map(nameOf)
    const id = newAuctionId()
    await nodes[0].dispatch(auctionFamily, id, OWNER, {
      ...{ kind: 'create', id, roomId, title: 'Lamp', description: '', currency: 'EUR', startingPrice: 500 },
      ...{ reservePrice: 1500, buyNowPrice: 2200, increments: null, softClose: null, funded: true },
      ...{ startsAt: null, endsAt: instant(Date.now() + 3_600_000), seller: null },
    })
    for (const userId of users.map(asUserId)) {
      await nodes[0].dispatch(walletFamily, userId, BANK, {
        kind: 'credit',
        userId,
        currency: 'EUR',
        amount: 2500,
      })
    }
    return { id, nameOf, users }
  }

  function keyed(id: AuctionId, bidder: string, act: Act, key: string): Keyed {
    const idempotency = { key, fingerprint: JSON.stringify(act) }
    const bids = () => ({ bidId: newBidId(), answerId: newBidId() })
    switch (act.kind) {
      case 'credit': {
        const userId = asUserId(bidder)
        const body = { kind: 'credit', userId, currency: 'EUR', amount: act.change } as const
        return { send: (by) => by.dispatch(walletFamily, userId, BANK, body, idempotency) }
      }
      case 'buy':
        return {
          send: (by) =>
            by.dispatch(
              auctionFamily,
              id,
              user(bidder),
              { kind: 'buyNow', price: 2200, ...bids() },
              idempotency,
            ),
        }
      default: {
        const offer = { amount: null, maximum: null, [act.kind]: act.value }
        return {
          send: (by) =>
            by.dispatch(
              auctionFamily,
              id,
              user(bidder),
              { kind: 'placeBid', ...offer, ...bids() },
              idempotency,
            ),
        }
      }
    }
  }

  async function count(query: SQL): Promise<number> {
    const { rows } = await database.execute<{ count: number }>(query)
    return rows[0]?.count ?? Number.NaN
  }

  /** Everything the database stores about the auction and its bidders' money. */
  async function recorded(id: AuctionId, users: readonly string[]): Promise<unknown> {
    const { rows } = await database.execute(sql`SELECT
      (SELECT json_build_array(standing, "leading", command_count) FROM auctions WHERE id = ${id}) AS auction,
      (SELECT head FROM topics WHERE topic = ${`auction:${id}`}) AS head,
      (SELECT count(*) FROM bids WHERE auction_id = ${id}) AS bids,
      (SELECT count(*) FROM transfers WHERE auction_id = ${id}) AS transfers,
      (SELECT json_agg(holds) FROM holds WHERE auction_id = ${id}) AS holds,
      (SELECT json_agg(wallets ORDER BY user_id) FROM wallets
        WHERE user_id IN (SELECT json_array_elements_text(${JSON.stringify(users)}::json))) AS wallets`)
    return rows
  }

  /** What repeating must not change of an answer. */
  function essence(outcome: Outcome<object, unknown> | undefined): unknown {
    return outcome?.kind === 'accepted' ? { reply: outcome.reply, position: outcome.position } : undefined
  }

  test(
    'that are repeated, at once and later, on any node, change nothing and answer the same',
    PATIENTLY,
    async () => {
      const play = async (asked: readonly (readonly Act[])[]): Promise<void> => {
        const { id, nameOf, users } = await open()
        const answers = new Map<Keyed, unknown>()
        let bidding = 0
        for (const [number, wave] of asked.entries()) {
          const commands = wave.map((each, index) =>
            keyed(id, nameOf(each.bidder), each, `${cases} ${number} ${index}`),
          )
          const pairs = await Promise.all(
            commands.map((command) => Promise.all([command.send(nodes[0]), command.send(nodes[1])])),
          )
          for (const [index, command] of commands.entries()) {
            const [one, other] = pairs[index] ?? []
            const first = essence(one) ?? essence(other)
            if (first === undefined) continue
            // One of the two may have been refused before the other was accepted: a refusal is not kept.
            for (const each of [one, other]) expect(essence(each) ?? first).toEqual(first)
            answers.set(command, first)
            if (wave[index]?.kind !== 'credit') bidding += 1
          }
          const before = await recorded(id, users)
          const again = await Promise.all(
            [...answers.keys()].map((command, index) => command.send(nodes[index % 2 === 0 ? 1 : 0])),
          )
          expect(again.map(essence)).toEqual([...answers.values()])
          expect(again.every((outcome) => outcome.kind === 'accepted' && outcome.isReplay)).toBe(true)
          expect(await recorded(id, users)).toEqual(before)
        }
        expect(await count(sql`SELECT count(*)::int AS count FROM ceilings WHERE auction_id = ${id}`)).toBe(
          bidding,
        )
      }
      await fc.assert(fc.asyncProperty(waves, play), runs(25))
    },
  )
})
