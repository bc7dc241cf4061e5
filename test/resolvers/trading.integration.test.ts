import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { readHoldings } from '../../src/features/trading/reads/positions.ts'
import { readTradeFacts } from '../../src/features/trading/reads/trade-facts.ts'
import { ordersTopic, positionsTopic } from '../../src/features/trading/topics.ts'
import { createFixture, type Data, type Fixture, textAt, viewer } from './fixtures.ts'

const olga = viewer('olga')
const ann = viewer('ann')
const engine = viewer('engine', 'SERVICE')

const CREATE = `mutation { createRoom(input: { name: "Pit", kind: TRADE, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }`
const REPORT = `mutation ($input: ReportOrderInput!) { reportOrder(input: $input) {
  ... on OrderPayload { order { status } } ... on Rejected { code } } }`
const ADD = `mutation ($roomId: ID!, $role: MemberRole) { addMember(roomId: $roomId, userId: "ann", role: $role) {
  ... on MembershipPayload { membership { role } } } }`
const RECEIPT = `mutation ($roomId: ID!) { advanceReceipt(roomId: $roomId, readThrough: 0) { ... on MembershipPayload { cursor } } }`

const openRoom = async ({ run }: Fixture): Promise<string> =>
  textAt(await run(olga, CREATE), 'createRoom', 'room', 'id')

function trade({ run }: Fixture, roomId: string, executionId: string): Promise<Data> {
  const order = { roomId, orderId: executionId, userId: 'ann', symbol: 'ACME', side: 'BUY', type: 'MARKET' }
  const fill = { executionType: 'TRADE', quantity: 5, lastQuantity: 5, lastPrice: 10 }
  return run(engine, REPORT, { input: { executionId, ...order, ...fill } })
}

describe('a trade room that is older than trading', () => {
  /** As a server left it that knew nothing of trading. */
  async function oldRoom(): Promise<{ readonly here: Fixture; readonly roomId: string }> {
    const here = await createFixture(olga, engine)
    const roomId = await openRoom(here)
    await here.services.database.execute(sql`
      DELETE FROM topics WHERE topic IN (${ordersTopic(asRoomId(roomId))}, ${positionsTopic(asRoomId(roomId))})`)
    return { here, roomId }
  }

  test('takes its first report, and its positions begin with it', async () => {
    const { here, roomId } = await oldRoom()
    expect(await trade(here, roomId, 'x')).toEqual({ reportOrder: { order: { status: 'FILLED' } } })
    for (const topic of [ordersTopic(asRoomId(roomId)), positionsTopic(asRoomId(roomId))]) {
      expect(await here.history.head(topic)).toMatchObject({ offset: 1 })
    }
  })

  test.for(['orders', 'positions'])('begins with its first reader of %s', async (field) => {
    const { here, roomId } = await oldRoom()
    const plan = await here.plan(null, field, { roomId })
    if (plan.kind !== 'history') throw new Error(`${field} is a history`)
    expect(await here.history.head(plan.topic)).toMatchObject({ offset: 0 })
    expect(await plan.source.snapshot(plan.topic, null)).toMatchObject({ position: { offset: 0 } })
  })

  test('begins nothing by a report that is refused', async () => {
    const { here, roomId } = await oldRoom()
    expect(await trade(here, roomId, '')).toEqual({ reportOrder: { code: 'INVALID_INPUT' } })
    expect(await trade(here, 'nowhere', 'x')).toEqual({ reportOrder: { code: 'NOT_FOUND' } })
    for (const id of [roomId, 'nowhere']) {
      expect(await here.history.head(ordersTopic(asRoomId(id)))).toBeUndefined()
    }
  })
})

describe('who is in a trade room', () => {
  test('is read again when anything of it has changed, and only then', async () => {
    const here = await createFixture(olga, ann)
    const { database } = here.services
    const roomId = await openRoom(here)
    const read = (known?: Awaited<ReturnType<typeof readTradeFacts>>) =>
      readTradeFacts(database, asRoomId(roomId), known)
    const first = await read()
    expect(await read(first)).toBe(first)
    await here.run(olga, ADD, { roomId, role: 'MEMBER' })
    const joined = await read(first)
    expect(joined?.memberships.get('ann')?.role).toBe('MEMBER')
    // A role has no entry of its own in the room's history.
    await here.run(olga, ADD, { roomId, role: 'MODERATOR' })
    const promoted = await read(joined)
    expect(promoted?.memberships.get('ann')?.role).toBe('MODERATOR')
    await trade(here, roomId, 'x')
    await here.run(ann, RECEIPT, { roomId })
    expect(await read(promoted)).toBe(promoted)
  })
})

describe('a snapshot of positions', () => {
  test('is of one moment, also where something is written while it is read', async () => {
    const here = await createFixture(olga, engine)
    const { database } = here.services
    const roomId = asRoomId(await openRoom(here))
    await trade(here, roomId, 'x')
    const isWaiting = async (): Promise<boolean> => {
      const { rows } = await database.execute(sql`
        SELECT FROM pg_locks WHERE relation = 'portfolios'::regclass AND NOT granted`)
      return rows.length > 0
    }
    const reading = await database.transaction(async (tx) => {
      await tx.execute(sql`LOCK TABLE portfolios IN ACCESS EXCLUSIVE MODE`)
      // In an object: what is returned as a promise would be waited for.
      const read = { snapshot: readHoldings(database, roomId, () => undefined, 10) }
      await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true)
      await tx.execute(sql`
        INSERT INTO portfolios (room_id, user_id, user_name, cash, equity, realized_pnl, unrealized_pnl, updated_at)
        VALUES (${roomId}, 'ann', 'ann', 1, 1, 0, 0, now())`)
      return read
    })
    const { position, positions, portfolios } = await reading.snapshot
    expect([position.offset, positions.length, portfolios.length]).toEqual([1, 1, 0])
    const after = await readHoldings(database, roomId, () => undefined, 10)
    expect(after.portfolios).toHaveLength(1)
  })
})
