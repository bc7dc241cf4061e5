import { sql } from 'drizzle-orm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSemaphore } from '../../../src/engine/commands/semaphore.ts'
import type { Entry } from '../../../src/engine/history/entry.ts'
import { createHistory } from '../../../src/engine/history/history.ts'
import type { Actor } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import type { Topic } from '../../../src/engine/kernel/topic.ts'
import type { Database } from '../../../src/engine/storage/database.ts'
import { auctionFamily } from '../../../src/features/auctions/family.ts'
import { type BidId, newAuctionId, newBidId } from '../../../src/features/auctions/ids.ts'
import { beginLeaderboard } from '../../../src/features/leaderboards/begin-leaderboard.ts'
import { readLeaderboard } from '../../../src/features/leaderboards/reads/leaderboards.ts'
import type { Standing } from '../../../src/features/leaderboards/rules/standing.ts'
import { createLeaderboardSource } from '../../../src/features/leaderboards/source.ts'
import { auctionLeaderboardTopic } from '../../../src/features/leaderboards/topics.ts'
import { roomFamily } from '../../../src/features/rooms/family.ts'
import { newRoomId } from '../../../src/features/rooms/ids.ts'
import { openDatabase, openDispatch } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

function user(id: string): Actor {
  return { kind: 'user', person: { id: asUserId(id), name: id.toUpperCase() }, roles: new Set(['USER']) }
}

interface Lot {
  readonly database: Database
  readonly board: Topic
  /** Everything announced so far, in the order of the announcements. */
  readonly announced: readonly Entry[]
  bid(bidder: string, offer: { readonly amount?: number; readonly maximum?: number }): Promise<string>
  /** Voids the first bid that `bidder` placed. */
  void(bidder: string): Promise<string>
  /** The board as it is, best first. */
  standings(limit?: number): Promise<readonly string[]>
  /** What each of some entries of the board tells, as a reader who gets them together learns it. */
  present(entries: readonly Entry[]): Promise<readonly (readonly Standing[])[]>
  /** Continues like a server after a restart. */
  restart(): void
  /** The board as its entries tell it. */
  told(): Promise<readonly string[]>
}

/** A LIVE auction that starts at 500, with steps of 1. */
async function lot(): Promise<Lot> {
  const record = await openDatabase({
    url: await freshDatabase(),
    directory: '',
    onConnectionError: () => {},
  })
  onTestFinished(() => record.close())
  const { database } = record
  const announced: Entry[] = []
  const start = () =>
    openDispatch({
      database,
      permits: createSemaphore(4),
      announce: (entries) => announced.push(...entries),
    })
  let running = start()
  const seller = user('seller')
  const roomId = newRoomId()
  await running.dispatch(roomFamily, roomId, seller, {
    ...{ kind: 'create', id: roomId, name: 'Sale', roomKind: 'AUCTION', visibility: 'PUBLIC' },
    ...{ startsAt: null, endsAt: null, ranking: 'STANDARD', disclosure: 'OWN' },
  })
  const id = newAuctionId()
  await running.dispatch(auctionFamily, id, seller, {
    ...{ kind: 'create', id, roomId, title: 'Lamp', description: '', currency: 'EUR', startingPrice: 500 },
    ...{ reservePrice: null, buyNowPrice: null, increments: [{ from: 0, step: 1 }], softClose: null },
    ...{ funded: false, startsAt: null, endsAt: instant(Date.now() + 3_600_000), seller: null },
  })
  const board = auctionLeaderboardTopic(id)
  const source = createLeaderboardSource(database)
  const present = async (entries: readonly Entry[]): Promise<readonly (readonly Standing[])[]> =>
    (await source.prepare?.(board, entries)) ?? []
  const placed: { readonly bidder: string; readonly bidId: BidId }[] = []

  return {
    database,
    board,
    announced,
    present,
    restart() {
      running = start()
    },
    async bid(bidder, { amount = null, maximum = null }) {
      const ids = { bidId: newBidId(), answerId: newBidId() }
      const outcome = await running.dispatch(auctionFamily, id, user(bidder), {
        kind: 'placeBid',
        amount,
        maximum,
        ...ids,
      })
      placed.push({ bidder, bidId: ids.bidId })
      return outcome.kind
    },
    async void(bidder) {
      const bid = placed.find((each) => each.bidder === bidder)
      if (bid === undefined) throw new Error(`${bidder} has placed no bid`)
      const outcome = await running.dispatch(auctionFamily, id, seller, {
        kind: 'voidBid',
        bidId: bid.bidId,
        answerId: newBidId(),
        reason: 'Error',
      })
      return outcome.kind
    },
    async standings(limit = 1000) {
      const record = await readLeaderboard(database, board, limit)
      return (record?.standings ?? []).map(({ rank, user, score }) => `${rank} ${user.id} ${score}`)
    },
    async told() {
      const history = createHistory(database)
      const head = await history.head(board)
      if (head === undefined) throw new Error('the board has no history')
      const held = new Map<string, string>()
      const entries = await history.readAfter(board, { ...head, offset: head.floor }, 10_000)
      for (const [index, standings] of (await present(entries)).entries()) {
        const { data } = entries[index] ?? { data: {} }
        if ('removed' in data && Array.isArray(data.removed)) for (const id of data.removed) held.delete(id)
        for (const { rank, user, score } of standings) held.set(user.id, `${rank} ${user.id} ${score}`)
      }
      return [...held.values()].toSorted((one, other) => parseInt(one, 10) - parseInt(other, 10))
    },
  }
}

describe('the board of an auction', () => {
  test('matches its entries, however many commands share a batch', async () => {
    const { bid, standings, told, announced, board } = await lot()
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => bid(`u${(index * 7) % 40}`, { amount: 500 + index * 3 })),
    )
    expect(await standings()).toHaveLength(40)
    expect(await told()).toEqual(await standings())
    const offsets = announced.filter(({ topic }) => topic === board).map(({ offset }) => offset)
    expect(offsets).toEqual(offsets.map((_, index) => index + 1))
  })

  test('matches its entries with answering proxies, too', async () => {
    const { bid, standings, told } = await lot()
    await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        bid(`u${(index * 5) % 17}`, {
          [index % 3 === 0 ? 'amount' : 'maximum']: 500 + ((index * 37) % 400) * 2,
        }),
      ),
    )
    expect(await told()).toEqual(await standings())
  })

  test('is the same for readers of all entries and for readers who start within a batch', async () => {
    const { bid, present, announced, board } = await lot()
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => bid(`u${index % 90}`, { amount: 500 + index })),
    )
    const entries = announced.filter(({ topic }) => topic === board)
    const together = await present(entries)
    expect(entries.filter(({ data }) => 'back' in data).length).toBeGreaterThan(50)
    for (const at of [1, 57, 58, 200, entries.length - 1]) {
      expect(await present(entries.slice(at))).toEqual(together.slice(at))
    }
    expect(together.at(-1)).toHaveLength(90)
  })

  test('names who gave the command', async () => {
    const { bid, database, board } = await lot()
    await bid('ann', { amount: 500 })
    await bid('bob', { amount: 600 })
    const { rows } = await database.execute<{ actor_id: string }>(
      sql`SELECT actor_id FROM entries WHERE topic = ${board} ORDER BY "offset"`,
    )
    expect(rows.map((row) => row.actor_id)).toEqual(['ann', 'ann', 'bob', 'bob'])
  })

  test('has the rank of a user who rises from far below the top', async () => {
    const { bid, announced, present } = await lot()
    for (let index = 0; index < 130; index += 1) await bid(`u${index}`, { amount: 500 + index })
    await bid('u3', { amount: 1000 })
    const [updated, changed] = await present(announced.slice(-2))
    expect(updated).toMatchObject([{ rank: 1, previousRank: 127, user: { id: 'u3' }, score: 1000 }])
    expect(changed).toHaveLength(101)
    expect(changed?.at(-1)).toMatchObject({ rank: 101, previousRank: 100, user: { id: 'u30' } })
  })
})

describe('voiding a bid', () => {
  test('removes a bidder without other bids from the board, also for readers of its entries', async () => {
    const all = await lot()
    await all.bid('ann', { amount: 600 })
    await all.bid('bob', { amount: 700 })
    await all.bid('cid', { amount: 800 })
    expect(await all.void('bob')).toBe('accepted')
    expect(await all.standings()).toEqual(['1 cid 800', '2 ann 600'])
    expect(await all.told()).toEqual(['1 cid 800', '2 ann 600'])
    await all.bid('bob', { amount: 900 })
    expect(await all.standings()).toEqual(['1 bob 900', '2 cid 800', '3 ann 600'])
    expect(await all.told()).toEqual(await all.standings())
  })

  test('keeps a bidder with their highest valid bid', async () => {
    const all = await lot()
    await all.bid('bob', { amount: 550 })
    await all.bid('ann', { amount: 600 })
    await all.bid('bob', { amount: 700 })
    await all.bid('ann', { amount: 800 })
    expect(await all.void('ann')).toBe('accepted')
    expect(await all.standings()).toEqual(['1 bob 700'])
    await all.bid('cid', { amount: 750 })
    await all.void('cid')
    expect(await all.standings()).toEqual(['1 bob 700'])
  })
})

describe('an auction that is older than leaderboards', () => {
  /** As a database of before has it. */
  async function forget({ database, board, restart }: Lot): Promise<void> {
    await database.execute(sql`DELETE FROM standings WHERE board = ${board}`)
    await database.execute(sql`DELETE FROM entries WHERE topic = ${board}`)
    await database.execute(sql`DELETE FROM topics WHERE topic = ${board}`)
    restart()
  }

  test('has one from the next visible bid on, including earlier bids', async () => {
    const old = await lot()
    await old.bid('ann', { amount: 600 })
    await old.bid('bob', { amount: 700 })
    await old.bid('ann', { amount: 800 })
    await forget(old)
    await old.bid('cid', { amount: 900 })
    expect(await old.standings()).toEqual(['1 cid 900', '2 ann 800', '3 bob 700'])
    expect(old.announced.slice(-2).map(({ type, offset }) => `${offset} ${type}`)).toEqual([
      '1 LeaderboardUpdated',
      '2 RankingChanged',
    ])
  })

  test('has one from the first reader on; beginning it again changes nothing', async () => {
    const old = await lot()
    await old.bid('ann', { amount: 600 })
    await forget(old)
    expect(await readLeaderboard(old.database, old.board, 10)).toBeUndefined()
    await beginLeaderboard(old.database, old.board)
    const begun = await readLeaderboard(old.database, old.board, 10)
    expect(begun?.standings).toMatchObject([{ rank: 1, user: { id: 'ann' }, score: 600 }])
    await beginLeaderboard(old.database, old.board)
    expect((await readLeaderboard(old.database, old.board, 10))?.position).toEqual(begun?.position)
    await old.bid('bob', { amount: 700 })
    expect(await old.standings()).toEqual(['1 bob 700', '2 ann 600'])
  })
})
