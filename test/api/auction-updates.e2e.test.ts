import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type Caller, codeOfEnd, createCaller } from '../support/caller.ts'
import { connect, post, type Recording, record } from '../support/graphql-client.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'
import { ADD_MEMBER, REMOVE_MEMBER } from './room-documents.ts'

const UPDATES = `subscription ($roomId: ID, $everyMs: Int) { auctionUpdates(roomId: $roomId, everyMs: $everyMs) {
  id phase currentPrice } }`
const EVERY_MS = 300

interface Update {
  readonly id: string
  readonly phase: string
  readonly currentPrice: number | null
}

const isShown = (id: string) => (updates: readonly Update[]) => updates.some((update) => update.id === id)

async function until(recording: Recording<Update>, is: (updates: readonly Update[]) => boolean) {
  while (!is(recording.values)) await recording.take(recording.values.length + 1)
}

describe('the ticker of a list of auctions', () => {
  let node: TestApp
  let seller: string
  let bidder: string

  beforeAll(async () => {
    node = await startTestApp()
    seller = await node.token('seller')
    bidder = await node.token('ann')
  })
  afterAll(() => node[Symbol.asyncDispose]())

  test('shows each that is not over first, then what is new, changed or ended', async () => {
    const roomId = await makeRoom(node, seller)
    const first = await makeAuction(node, seller, roomId)
    const second = await makeAuction(node, seller, roomId)
    const elsewhere = await makeAuction(node, seller, await makeRoom(node, seller))
    const client = connect(node.wsUrl)
    const recording = record<Update>(client, UPDATES, { roomId, everyMs: EVERY_MS })
    const listed = await recording.take(2)
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set([first, second]))

    await placeBid(node, bidder, { auctionId: elsewhere, amount: 900 })
    await placeBid(node, bidder, { auctionId: first, amount: 700 })
    expect((await recording.take(3))[2]).toEqual({ id: first, phase: 'LIVE', currentPrice: 700 })

    const third = await makeAuction(node, seller, roomId)
    expect((await recording.take(4))[3]).toEqual({ id: third, phase: 'LIVE', currentPrice: null })

    const hammer = `mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }`
    await post(node.url, hammer, { id: first }, seller)
    expect((await recording.take(5))[4]).toEqual({ id: first, phase: 'SOLD', currentPrice: 700 })
    await client.dispose()
  })

  test('shows each at most once a period, always in its latest state', async () => {
    const roomId = await makeRoom(node, seller)
    const auctionId = await makeAuction(node, seller, roomId)
    const client = connect(node.wsUrl)
    const at: number[] = []
    const recording = record<Update>(client, UPDATES, { roomId, everyMs: EVERY_MS })
    for (let amount = 1_000; amount <= 40_000; amount += 1_000)
      await placeBid(node, bidder, { auctionId, amount })
    while (recording.values.at(-1)?.currentPrice !== 40_000) {
      await recording.take(recording.values.length + 1)
      at.push(performance.now())
    }
    expect(recording.values.length).toBeLessThan(40)
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    expect(gaps.every((gap) => gap > EVERY_MS - 50)).toBe(true)
    await client.dispose()
  })

  test('executes a change once for all who selected the same', async () => {
    const roomId = await makeRoom(node, seller)
    const auctionId = await makeAuction(node, seller, roomId)
    const client = connect(node.wsUrl)
    const recordings = Array.from({ length: 80 }, () =>
      record<Update>(client, UPDATES, { roomId, everyMs: EVERY_MS }),
    )
    await Promise.all(recordings.map((recording) => recording.take(1)))
    const before = node.app.hub.stats().executions
    await placeBid(node, bidder, { auctionId, amount: 800 })
    await Promise.all(recordings.map((recording) => recording.take(2)))
    expect(node.app.hub.stats().executions - before).toBe(1)
    await client.dispose()
  })

  test('leaves out what the reader may not see, and is refused for a room that does not exist for them', async () => {
    const hidden = await makeRoom(node, seller, { visibility: 'MEMBERS' })
    const secret = await makeAuction(node, seller, hidden)
    const client = connect(node.wsUrl)
    const owner = connect(node.wsUrl, seller)
    const everyone = record<Update>(client, UPDATES, { everyMs: EVERY_MS })
    const own = record<Update>(owner, UPDATES, { everyMs: EVERY_MS })
    await until(own, isShown(secret))
    const later = await makeAuction(node, seller, await makeRoom(node, seller))
    await until(everyone, isShown(later))
    expect(isShown(secret)(everyone.values)).toBe(false)
    const refused = record<Update>(client, UPDATES, { roomId: hidden })
    expect(await refused.ended).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
    const bad = record<Update>(client, UPDATES, { everyMs: 99 })
    expect(await bad.ended).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    await client.dispose()
    await owner.dispose()
  })

  describe('in a room of members', () => {
    let owner: Caller
    let ann: Caller
    let roomId: string
    let secret: string

    beforeEach(async () => {
      owner = await createCaller(node, 'seller')
      ann = await createCaller(node, 'ann')
      roomId = await makeRoom(node, seller, { visibility: 'MEMBERS' })
      secret = await makeAuction(node, seller, roomId)
      await makeAuction(node, seller, await makeRoom(node, seller))
    })
    afterEach(async () => {
      await owner[Symbol.asyncDispose]()
      await ann[Symbol.asyncDispose]()
    })

    test('shows nothing of it to who was removed and comes back, though others follow it', async () => {
      await owner.ask(ADD_MEMBER, { roomId, userId: ann.id })
      const others = owner.record<Update>(UPDATES, { everyMs: EVERY_MS })
      const before = ann.record<Update>(UPDATES, { everyMs: EVERY_MS })
      await until(others, isShown(secret))
      await until(before, isShown(secret))
      const later = await makeAuction(node, seller, await makeRoom(node, seller))
      await until(others, isShown(later))

      await owner.ask(REMOVE_MEMBER, { roomId, userId: ann.id })
      const after = ann.record<Update>(UPDATES, { everyMs: EVERY_MS })
      await until(after, isShown(later))
      expect(isShown(secret)(after.values)).toBe(false)
    })

    test('shows it to who becomes a member, without a change of it', async () => {
      const recording = ann.record<Update>(UPDATES, { everyMs: EVERY_MS })
      await recording.take(1)
      expect(isShown(secret)(recording.values)).toBe(false)
      await owner.ask(ADD_MEMBER, { roomId, userId: ann.id })
      await until(recording, isShown(secret))
    })

    test('ends the subscription to it of who is removed', async () => {
      await owner.ask(ADD_MEMBER, { roomId, userId: ann.id })
      const recording = ann.record<Update>(UPDATES, { roomId, everyMs: EVERY_MS })
      await recording.take(1)
      await owner.ask(REMOVE_MEMBER, { roomId, userId: ann.id })
      expect(await codeOfEnd(recording)).toBe('FORBIDDEN')
    })
  })
})
