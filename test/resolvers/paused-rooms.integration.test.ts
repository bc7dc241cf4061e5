import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { deadlines } from '../../src/engine/history/tables.ts'
import { createScheduler } from '../../src/engine/processes/scheduler.ts'
import { asAuctionId } from '../../src/features/auctions/ids.ts'
import { auctionTopic } from '../../src/features/auctions/topics.ts'
import { roomFamily } from '../../src/features/rooms/family.ts'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { createDatabase } from '../support/postgres-databases.ts'
import { entriesOf, type Fixture, openFixtureOn } from './fixtures.ts'
import { ann, bob, owner, type Sale, sale, saleIn } from './sale-of-room.ts'

const PATIENCE = { timeout: 15_000, interval: 50 }
const SOON = { timeout: 5_000, interval: 50 }

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

async function phaseOf(all: Sale, auctionId: string): Promise<unknown> {
  const shown = await all.show(auctionId, 'phase')
  return shown
}

async function typesIn(all: Fixture, auctionId: string): Promise<readonly string[]> {
  const entries = await entriesOf(all, auctionTopic(asAuctionId(auctionId)))
  return entries.map(({ type }) => type)
}

async function endOf(all: Sale, auctionId: string): Promise<number> {
  const shown = JSON.stringify(await all.show(auctionId, 'endsAt'))
  return Date.parse(JSON.parse(shown).endsAt)
}

/** A scheduler as a node has it. Throws what fails. */
function schedule({ services: { database }, passDeadline }: Fixture): void {
  const scheduler = createScheduler({
    database,
    passDeadline,
    onFault: (_topic, error) => {
      throw error
    },
  })
  onTestFinished(() => scheduler.close())
}

async function node(url: string): Promise<Fixture> {
  const opened = await openFixtureOn({ url, directory: '' }, [])
  onTestFinished(() => opened.close())
  return opened
}

describe('pausing a room', () => {
  test('pauses its live auctions before it answers, and again changes nothing', async () => {
    const all = await sale()
    const [one, two] = [await all.putUp(), await all.putUp()]
    const later = await all.putUp({ startsAt: inMs(1_800_000) })
    for (const _ of [1, 2]) {
      expect(await all.steer('pauseRoom')).toBeUndefined()
      expect(await phaseOf(all, one)).toEqual({ phase: 'PAUSED' })
      expect(await phaseOf(all, two)).toEqual({ phase: 'PAUSED' })
      expect(await phaseOf(all, later)).toEqual({ phase: 'SCHEDULED' })
    }
    expect(await typesIn(all, one)).toEqual(['AuctionPaused'])
    expect(await typesIn(all, later)).toEqual([])
    // Nothing is due, so that no scheduler looks at them until the room resumes.
    expect(await all.services.database.select().from(deadlines)).toEqual([])
  })

  test('resumes those it paused, not those paused by hand, and their ends move', async () => {
    const all = await sale()
    const [one, byHand] = [await all.putUp(), await all.putUp()]
    await all.run(owner, `mutation { pauseAuction(auctionId: "${byHand}") { __typename } }`)
    const before = await endOf(all, one)
    await all.steer('pauseRoom')
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const _ of [1, 2]) {
      expect(await all.steer('resumeRoom')).toBeUndefined()
      expect(await phaseOf(all, one)).toEqual({ phase: 'LIVE' })
      expect(await phaseOf(all, byHand)).toEqual({ phase: 'PAUSED' })
    }
    expect((await endOf(all, one)) - before).toBeGreaterThanOrEqual(50)
    expect(await typesIn(all, one)).toEqual(['AuctionPaused', 'AuctionResumed'])
  })

  test('keeps an auction from ending meanwhile', async () => {
    const all = await sale()
    schedule(all)
    const auctionId = await all.putUp({ endsAt: inMs(1_500) })
    await all.bid(auctionId, ann, { amount: 500 })
    await all.steer('pauseRoom')
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'PAUSED' })
    await all.steer('resumeRoom')
    await vi.waitFor(async () => expect(await phaseOf(all, auctionId)).toEqual({ phase: 'SOLD' }), PATIENCE)
    expect(await typesIn(all, auctionId)).toEqual([
      'BidPlaced',
      'AuctionPaused',
      'AuctionResumed',
      'AuctionSold',
    ])
  })

  test('that is forbidden leaves its auctions alone', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    await expect(all.steer('pauseRoom', bob)).rejects.toThrow()
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'LIVE' })
  })
})

describe('a node that dies between the commits of a room and of its auctions', () => {
  test('leaves the pause to the scheduler of any node, as long as the room was paused', async () => {
    const url = await createDatabase(inject('postgresUrl'), inject('databasePrefix'))
    const all = await sale('visibility: PUBLIC', await node(url))
    const other = await node(url)
    const auctionId = await all.putUp({ endsAt: inMs(1_000) })
    const roomId = asRoomId(all.roomId)
    const actor = { kind: 'user', person: owner.user, roles: owner.roles } as const
    await all.services.dispatch(roomFamily, roomId, actor, { kind: 'pause' })
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'LIVE' })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    schedule(other)
    await vi.waitFor(async () => expect(await phaseOf(all, auctionId)).toEqual({ phase: 'PAUSED' }), SOON)
    await other.services.dispatch(roomFamily, roomId, actor, { kind: 'resume' })
    await vi.waitFor(async () => expect(await phaseOf(all, auctionId)).toEqual({ phase: 'LIVE' }), SOON)
    expect((await endOf(all, auctionId)) - Date.now()).toBeGreaterThan(0)
  })

  test('leaves the pause to the user who resumes the room', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    const actor = { kind: 'user', person: owner.user, roles: owner.roles } as const
    await all.services.dispatch(roomFamily, asRoomId(all.roomId), actor, { kind: 'pause' })
    await all.steer('resumeRoom')
    expect(await typesIn(all, auctionId)).toEqual(['AuctionPaused', 'AuctionResumed'])
  })

  test('leaves the end to a retry', async () => {
    const all = await sale()
    const auctionId = await all.putUp()
    const actor = { kind: 'user', person: owner.user, roles: owner.roles } as const
    await all.services.dispatch(roomFamily, asRoomId(all.roomId), actor, { kind: 'end' })
    await all.steer('endRoom')
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'UNSOLD' })
  })
})

describe('two nodes', () => {
  test('pause and resume an auction once, whichever is asked', async () => {
    const url = await createDatabase(inject('postgresUrl'), inject('databasePrefix'))
    const all = await sale('visibility: PUBLIC', await node(url))
    const other = saleIn(await node(url), all.roomId)
    schedule(all)
    schedule(other)
    const auctionId = await all.putUp()
    await all.bid(auctionId, ann, { amount: 500 })
    for (const mutation of ['pauseRoom', 'resumeRoom']) {
      await Promise.all([all.steer(mutation), other.steer(mutation)])
      const phase = mutation === 'pauseRoom' ? 'PAUSED' : 'LIVE'
      for (const each of [all, other]) expect(await phaseOf(each, auctionId)).toEqual({ phase })
    }
    expect(await other.bid(auctionId, bob, { amount: 600 })).toBe('LEADING')
    expect(await typesIn(all, auctionId)).toEqual([
      'BidPlaced',
      'AuctionPaused',
      'AuctionResumed',
      'BidPlaced',
    ])
  })
})

describe('ending a room', () => {
  test('closes what is live or paused, and cancels what has not opened, before it answers', async () => {
    const all = await sale()
    const [led, unsold] = [await all.putUp(), await all.putUp()]
    const later = await all.putUp({ startsAt: inMs(1_800_000) })
    await all.bid(led, ann, { amount: 500 })
    await all.steer('pauseRoom')
    const created = await all.putUp()
    expect(await phaseOf(all, created)).toEqual({ phase: 'PAUSED' })
    expect(await all.steer('endRoom')).toBeUndefined()
    const phases = await Promise.all([led, unsold, later, created].map((id) => phaseOf(all, id)))
    expect(phases).toEqual(['SOLD', 'UNSOLD', 'CANCELLED', 'UNSOLD'].map((phase) => ({ phase })))
  })
})

describe('a room that opens', () => {
  test('opens its auctions before it answers, with their whole duration', async () => {
    const all = await sale(`visibility: PUBLIC, startsAt: "${inMs(3_600_000)}"`)
    schedule(all)
    const auctionId = await all.putUp({ endsAt: inMs(1_000) })
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'SCHEDULED' })
    expect(await all.bid(auctionId, ann, { amount: 500 })).toBe('AUCTION_NOT_STARTED')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'SCHEDULED' })
    const startedAt = Date.now()
    await all.steer('startRoom')
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'LIVE' })
    expect((await endOf(all, auctionId)) - startedAt).toBeGreaterThan(900)
    await vi.waitFor(async () => expect(await phaseOf(all, auctionId)).toEqual({ phase: 'UNSOLD' }), PATIENCE)
  })

  test('by its own start opens them as well', async () => {
    const all = await sale(`visibility: PUBLIC, startsAt: "${inMs(4_000)}"`)
    schedule(all)
    const auctionId = await all.putUp()
    await vi.waitFor(async () => expect(await phaseOf(all, auctionId)).toEqual({ phase: 'LIVE' }), PATIENCE)
    expect(await typesIn(all, auctionId)).toEqual(['AuctionStarted'])
  })

  test('leaves those that start later scheduled, and opens them at their start', async () => {
    const all = await sale(`visibility: PUBLIC, startsAt: "${inMs(3_600_000)}"`)
    schedule(all)
    const auctionId = await all.putUp({ startsAt: inMs(2_000) })
    await all.steer('startRoom')
    expect(await phaseOf(all, auctionId)).toEqual({ phase: 'SCHEDULED' })
    await vi.waitFor(async () => expect(await phaseOf(all, auctionId)).toEqual({ phase: 'LIVE' }), PATIENCE)
  })
})
