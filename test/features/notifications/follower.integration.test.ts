import { and, asc, eq, sql } from 'drizzle-orm'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createSemaphore } from '../../../src/engine/commands/semaphore.ts'
import type { Entry } from '../../../src/engine/history/entry.ts'
import { entries } from '../../../src/engine/history/tables.ts'
import type { Actor } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { idOf, type Topic } from '../../../src/engine/kernel/topic.ts'
import type { Database } from '../../../src/engine/storage/database.ts'
import { auctionFamily } from '../../../src/features/auctions/family.ts'
import { asAuctionId, type BidId, newAuctionId, newBidId } from '../../../src/features/auctions/ids.ts'
import { auctions } from '../../../src/features/auctions/tables.ts'
import { auctionTopic } from '../../../src/features/auctions/topics.ts'
import { createFollower, type Follower } from '../../../src/features/notifications/follower/follower.ts'
import { drawConsequences } from '../../../src/features/notifications/follower/round.ts'
import { followers, notifications } from '../../../src/features/notifications/tables.ts'
import { roomFamily } from '../../../src/features/rooms/family.ts'
import { newRoomId } from '../../../src/features/rooms/ids.ts'
import { openDatabase, openDispatch } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

const PATIENCE = { timeout: 15_000, interval: 50 }
const MINUTE = 60_000

function user(id: string): Actor {
  return { kind: 'user', person: { id: asUserId(id), name: id }, roles: new Set(['USER']) }
}

interface Lot {
  readonly url: string
  readonly database: Database
  readonly topic: Topic
  bid(bidder: string, offer: { readonly amount?: number; readonly maximum?: number }): Promise<string>
  /** Voids the latest bid that `bidder` placed by an amount or a maximum of their own. */
  void(bidder: string, reason: string): Promise<unknown>
  cancel(reason: string): Promise<unknown>
  hammer(): Promise<unknown>
  /** `bidder KIND`, in the order of writing for each bidder, bidders in the order of their ids. */
  told(): Promise<readonly string[]>
  isFollowed(): Promise<boolean>
}

/** A LIVE auction that starts at 500, with steps of 1; in the database of `beside`, if given. */
async function lot(lastsMs = 60 * MINUTE, softClose: Soft = null, beside?: Lot): Promise<Lot> {
  const url = beside?.url ?? (await freshDatabase())
  const database = await open(url)
  const { dispatch } = openDispatch({ database, permits: createSemaphore(4), announce: () => {} })
  const seller = user('seller')
  const roomId = newRoomId()
  await dispatch(roomFamily, roomId, seller, {
    ...{ kind: 'create', id: roomId, name: 'Sale', roomKind: 'AUCTION', visibility: 'PUBLIC' },
    ...{ startsAt: null, endsAt: null, ranking: 'STANDARD', disclosure: 'OWN' },
  })
  const id = newAuctionId()
  await dispatch(auctionFamily, id, seller, {
    ...{ kind: 'create', id, roomId, title: 'Lamp', description: '', currency: 'EUR', startingPrice: 500 },
    ...{ reservePrice: null, buyNowPrice: null, increments: [{ from: 0, step: 1 }], softClose },
    ...{ funded: false, startsAt: null, endsAt: instant(Date.now() + lastsMs), seller: null },
  })
  const topic = auctionTopic(id)
  const placed = new Map<string, BidId>()
  return {
    url,
    database,
    topic,
    async bid(bidder, { amount = null, maximum = null }) {
      const ids = { bidId: newBidId(), answerId: newBidId() }
      placed.set(bidder, ids.bidId)
      return (await dispatch(auctionFamily, id, user(bidder), { kind: 'placeBid', amount, maximum, ...ids }))
        .kind
    },
    void(bidder, reason) {
      const bidId = placed.get(bidder)
      if (bidId === undefined) throw new Error(`${bidder} placed no bid`)
      return dispatch(auctionFamily, id, seller, { kind: 'voidBid', bidId, answerId: newBidId(), reason })
    },
    cancel: (reason) => dispatch(auctionFamily, id, seller, { kind: 'cancel', reason }),
    hammer: () => dispatch(auctionFamily, id, seller, { kind: 'hammer' }),
    async told() {
      const rows = await database
        .select()
        .from(notifications)
        .orderBy(asc(notifications.userId), asc(notifications.offset))
      return rows.map(({ userId, kind }) => `${userId} ${kind}`)
    },
    async isFollowed() {
      return (await database.select().from(followers).where(eq(followers.topic, topic))).length > 0
    },
  }
}

type Soft = { readonly windowMs: number; readonly extensionMs: number; readonly capMs: number } | null

async function open(url: string): Promise<Database> {
  const record = await openDatabase({ url, directory: '', onConnectionError: () => {} })
  onTestFinished(() => record.close())
  return record.database
}

const unexpected = (topic: Topic | null, error: unknown): void => expect.unreachable(`${topic}: ${error}`)

/** A node of its own that follows, and what it announced. */
async function follow(
  url: string,
  onFault = unexpected,
): Promise<{ readonly follower: Follower; readonly announced: Entry[] }> {
  const announced: Entry[] = []
  const announce = (made: readonly Entry[]): void => void announced.push(...made)
  const follower = createFollower({ database: await open(url), announce, hooks: [], onFault })
  onTestFinished(() => follower.close())
  return { follower, announced }
}

/** `database`, with every transaction undone right before it would be committed. */
function dying(database: Database): Database {
  return new Proxy(database, {
    get(target, name) {
      if (name !== 'transaction') return Reflect.get(target, name)
      const die: Database['transaction'] = (work) =>
        target.transaction(async (tx) => {
          await work(tx)
          throw new Error('the node died')
        })
      return die
    },
  })
}

/** Who lost the lead by the auction's own entries, in order. */
async function lossesOf({ database, topic }: Lot): Promise<readonly string[]> {
  const rows = await database
    .select()
    .from(entries)
    .where(eq(entries.topic, topic))
    .orderBy(asc(entries.offset))
  const placed = rows.flatMap(({ type, actorId, data }) => {
    const { bid } = data as { readonly bid?: { readonly bidder: { readonly id: string } } }
    return type === 'BidPlaced' && bid !== undefined ? [{ bidder: bid.bidder.id, actorId }] : []
  })
  const isAnswer = placed.map(({ bidder, actorId }) => bidder !== actorId)
  return placed.flatMap(({ bidder }, index) => {
    const before = placed[index - 1]?.bidder
    return before === undefined || before === bidder || isAnswer[index + 1] ? [] : [before]
  })
}

describe('followers of an auction', () => {
  test('that race announce each loss and the end exactly once, then stop following', async () => {
    const sale = await lot()
    const nodes = [await follow(sale.url), await follow(sale.url)]
    const bidders = Array.from({ length: 230 }, (_, index) => `u${index}`)
    const outcomes = await Promise.all(
      bidders.map((bidder, index) =>
        sale.bid(bidder, index % 5 === 0 ? { maximum: 525 + index * 20 } : { amount: 500 + index * 20 }),
      ),
    )
    for (const { follower } of nodes) follower.nudge([{ topic: sale.topic } as Entry])
    await sale.hammer()
    for (const { follower } of nodes) follower.nudge([{ topic: sale.topic } as Entry])
    await vi.waitFor(async () => expect(await sale.isFollowed()).toBe(false), PATIENCE)

    const told = await sale.told()
    const accepted = bidders.filter((_, index) => outcomes[index] === 'accepted')
    expect(accepted).toHaveLength(bidders.length)
    const outbid = told.filter((line) => line.endsWith(' OUTBID')).toSorted()
    expect(outbid).toEqual((await lossesOf(sale)).map((id) => `${id} OUTBID`).toSorted())
    const ends = told.filter((line) => /AUCTION_(WON|LOST)$/.test(line))
    expect(ends.map((line) => line.split(' ')[0]).toSorted()).toEqual(accepted.toSorted())
    expect(ends.filter((line) => line.endsWith('WON'))).toHaveLength(1)

    const announced = nodes.flatMap((each) => each.announced)
    expect(announced).toHaveLength(told.length)
    expect(new Set(announced.map(({ topic, offset }) => `${topic} ${offset}`)).size).toBe(told.length)
  })

  test('lose nothing and repeat nothing where a node dies before it commits', async () => {
    const sale = await lot()
    await sale.bid('ann', { amount: 500 })
    await sale.bid('bob', { amount: 600 })
    await sale.hammer()
    const dead = dying(sale.database)
    await expect(drawConsequences(dead, sale.topic, [])).rejects.toThrow('the node died')
    expect(await sale.told()).toEqual([])
    expect(await drawConsequences(sale.database, sale.topic, [])).toMatchObject({ left: 'more' })
    await expect(drawConsequences(dead, sale.topic, [])).rejects.toThrow('the node died')
    expect(await sale.told()).toEqual(['ann OUTBID', 'bob AUCTION_WON'])
    await follow(sale.url)
    await vi.waitFor(async () => expect(await sale.isFollowed()).toBe(false), PATIENCE)
    expect(await sale.told()).toEqual(['ann OUTBID', 'ann AUCTION_LOST', 'bob AUCTION_WON'])
  })

  test('that race announce a void and the end after it once, also to bidders with only voided bids', async () => {
    const sale = await lot()
    const nodes = [await follow(sale.url), await follow(sale.url)]
    await sale.bid('ann', { maximum: 900 })
    await sale.bid('bob', { maximum: 2_000 })
    await sale.void('bob', 'Mistyped.')
    await sale.void('bob', 'Again.')
    await sale.bid('cid', { amount: 1_000 })
    await sale.hammer()
    for (const { follower } of nodes) follower.nudge([{ topic: sale.topic } as Entry])
    await vi.waitFor(async () => expect(await sale.isFollowed()).toBe(false), PATIENCE)
    expect(await sale.told()).toEqual([
      ...['ann OUTBID', 'ann LEADING', 'ann OUTBID', 'ann AUCTION_LOST'],
      ...['bob BID_VOIDED', 'bob AUCTION_LOST', 'cid AUCTION_WON'],
    ])
    const [voided] = await sale.database
      .select({ data: notifications.data })
      .from(notifications)
      .where(eq(notifications.kind, 'BID_VOIDED'))
    expect(voided?.data).toMatchObject({
      price: 500,
      amount: 901,
      voidReason: 'MODERATED',
      reason: 'Mistyped.',
    })
  })

  test('notify every bidder once that the auction was cancelled, then stop following', async () => {
    const sale = await lot()
    await sale.bid('ann', { amount: 500 })
    await sale.bid('bob', { amount: 600 })
    await sale.void('ann', '')
    await sale.cancel('It broke.')
    await follow(sale.url)
    await vi.waitFor(async () => expect(await sale.isFollowed()).toBe(false), PATIENCE)
    expect(await sale.told()).toEqual([
      ...['ann OUTBID', 'ann BID_VOIDED', 'ann AUCTION_CANCELLED', 'bob AUCTION_CANCELLED'],
    ])
  })

  test('find what a node left undone, without a signal', async () => {
    const sale = await lot()
    await sale.bid('ann', { maximum: 900 })
    await sale.bid('bob', { amount: 600 })
    const { announced } = await follow(sale.url)
    await vi.waitFor(() => expect(announced).toHaveLength(1), PATIENCE)
    expect(await sale.told()).toEqual(['bob OUTBID'])
  })

  test('announce nothing that happened before followers existed', async () => {
    const sale = await lot()
    await sale.bid('ann', { amount: 500 })
    await sale.bid('bob', { amount: 600 })
    await sale.database.delete(followers)
    await follow(sale.url)
    await vi.waitFor(async () => expect(await sale.isFollowed()).toBe(true), PATIENCE)
    await sale.bid('cid', { amount: 700 })
    await vi.waitFor(async () => expect(await sale.told()).toEqual(['bob OUTBID']), PATIENCE)
  })

  test('notify each bidder once that the end is near, even if it moves', async () => {
    const softClose = { windowMs: 2 * MINUTE, extensionMs: MINUTE + 3_000, capMs: 5 * MINUTE }
    const sale = await lot(MINUTE + 1_500, softClose)
    const nodes = [await follow(sale.url), await follow(sale.url)]
    const ending = async (): Promise<readonly string[]> =>
      (await sale.told()).filter((line) => line.endsWith(' AUCTION_ENDING'))
    // Moves the end to 63 s from now at the most, so that the notice is due three seconds later.
    await sale.bid('ann', { amount: 500 })
    await vi.waitFor(async () => expect(await ending()).toEqual(['ann AUCTION_ENDING']), PATIENCE)
    await sale.bid('bob', { amount: 600 })
    await vi.waitFor(
      async () => expect(await ending()).toEqual(['ann AUCTION_ENDING', 'bob AUCTION_ENDING']),
      PATIENCE,
    )
    const { rows } = await sale.database.execute<{ late: number }>(sql`
      SELECT (extract(epoch FROM notifications.created_at) * 1000 - (standing ->> 'endsAt')::float8 + 60000)::float8 AS late
      FROM notifications, auctions WHERE user_id = 'bob'`)
    expect(rows).toMatchObject([{ late: expect.toSatisfy((late: number) => late >= 0 && late < 1_000) }])
    expect(nodes.flatMap((each) => each.announced)).toHaveLength(3)
  })
})

describe('a follower that fails at one auction', () => {
  test('retries it with backoff, follows the others meanwhile, and continues once it is repaired', async () => {
    const broken = await lot()
    const sound = await lot(60 * MINUTE, null, broken)
    await broken.bid('ann', { amount: 500 })
    await broken.bid('bob', { amount: 600 })
    const { database, topic } = broken
    const [isLast, isThird] = [2, 3].map((offset) =>
      and(eq(entries.topic, topic), eq(entries.offset, asOffset(offset))),
    )
    const [last] = await database.select({ data: entries.data }).from(entries).where(isLast)
    if (last === undefined) throw new Error('the second bid is no entry')
    await database.update(entries).set({ data: {} }).where(isLast)

    const attempts: number[] = []
    const between = (attempt: number): number => (attempts[attempt + 1] ?? 0) - (attempts[attempt] ?? 0)
    const { follower } = await follow(broken.url, (failed, error) => {
      expect(failed).toBe(topic)
      expect(String(error)).toContain('is no BidPlaced')
      attempts.push(performance.now())
    })
    await vi.waitFor(() => {
      // What is committed meanwhile does not make it impatient.
      follower.nudge([{ topic } as Entry])
      expect(attempts).toHaveLength(2)
    }, PATIENCE)
    expect(between(0)).toBeGreaterThanOrEqual(1_000)

    await sound.bid('cid', { amount: 500 })
    await sound.bid('dan', { amount: 600 })
    await vi.waitFor(async () => expect(await sound.told()).toEqual(['cid OUTBID']), PATIENCE)
    await database.update(entries).set(last).where(isLast)
    await vi.waitFor(async () => expect(await sound.told()).toEqual(['ann OUTBID', 'cid OUTBID']), PATIENCE)
    expect(attempts).toHaveLength(2)

    // Forgiven: another fault is the first one again.
    await broken.bid('ann', { amount: 700 })
    await database.update(entries).set({ data: {} }).where(isThird)
    await vi.waitFor(() => expect(attempts).toHaveLength(4), PATIENCE)
    expect(between(2)).toBeLessThan(3_000)
  }, 40_000)

  test('follows the others even if its state cannot be read', async () => {
    const broken = await lot()
    const sound = await lot(60 * MINUTE, null, broken)
    const state = sql`'{"endingDueAt":"soon"}'`
    await broken.database.update(followers).set({ state }).where(eq(followers.topic, broken.topic))
    await sound.bid('cid', { amount: 500 })
    await sound.bid('dan', { amount: 600 })
    const failed = new Set<Topic | null>()
    await follow(broken.url, (topic) => failed.add(topic))
    await vi.waitFor(async () => expect(await sound.told()).toEqual(['cid OUTBID']), PATIENCE)
    await broken.bid('ann', { amount: 500 })
    await vi.waitFor(() => expect(failed).toEqual(new Set([broken.topic])), PATIENCE)
  })

  test('follows the others even if it cannot start', async () => {
    const broken = await lot()
    const sound = await lot(60 * MINUTE, null, broken)
    const standing = sql`'null'`
    await broken.database.delete(followers)
    await broken.database
      .update(auctions)
      .set({ standing })
      .where(eq(auctions.id, asAuctionId(idOf(broken.topic))))
    const failed: (Topic | null)[] = []
    await follow(broken.url, (topic) => failed.push(topic))
    await vi.waitFor(async () => expect(await sound.isFollowed()).toBe(true), PATIENCE)
    await sound.bid('cid', { amount: 500 })
    await sound.bid('dan', { amount: 600 })
    await vi.waitFor(async () => expect(await sound.told()).toEqual(['cid OUTBID']), PATIENCE)
    expect(failed).toEqual([broken.topic])
  })
})
