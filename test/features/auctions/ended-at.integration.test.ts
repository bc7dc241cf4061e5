import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { verifyDatabase } from '../../../src/engine/verify/verify.ts'
import { createFixture, textAt, viewer } from '../../resolvers/fixtures.ts'
import { FEATURES } from '../../support/database.ts'

const ANN = viewer('ann', 'SERVICE')
const BOB = viewer('bob')
const ROOM =
  'mutation { createRoom(input: { name: "R", kind: AUCTION, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }'
const CREATE = `mutation ($roomId: ID!) { createAuction(input: { roomId: $roomId, title: "Lot", currency: "EUR",
  startingPrice: 100, endsAt: "2033-01-01T00:00:00Z" }) { ... on AuctionPayload { auction { id } } } }`
const BID = `mutation ($id: ID!) { placeBid(input: { auctionId: $id, amount: 100, idempotencyKey: "k" }) { __typename } }`
const MIGRATION = join(import.meta.dirname, '../../../src/features/migrations/0011_auctions_ended_at.sql')

/** A sold, a cancelled and a live auction, and one whose history was forgotten; none of them says when it ended. */
async function ofOlderVersion() {
  const all = await createFixture(ANN, BOB)
  const { database } = all.services
  const roomId = textAt(await all.run(ANN, ROOM), 'createRoom', 'room', 'id')
  const make = async (): Promise<string> => {
    const id = textAt(await all.run(ANN, CREATE, { roomId }), 'createAuction', 'auction', 'id')
    await all.run(BOB, BID, { id })
    return id
  }
  const [sold, cancelled, live, forgotten] = [await make(), await make(), await make(), await make()]
  await all.run(ANN, `mutation { hammerAuction(auctionId: "${sold}") { __typename } }`)
  for (const id of [cancelled, forgotten]) {
    await all.run(ANN, `mutation { cancelAuction(auctionId: "${id}", reason: "Withdrawn") { __typename } }`)
  }
  const endedAt = new Map<string, unknown>()
  for (const id of [sold, cancelled, live, forgotten]) endedAt.set(id, await read(id))
  await database.execute(sql`UPDATE auctions SET standing = (standing::jsonb - 'endedAt')::json`)
  await database.execute(sql`
    UPDATE entries SET data = (data::jsonb #- '{standing,endedAt}' #- '{endedAt}')::json WHERE topic LIKE 'auction:%'`)
  await database.execute(sql`DELETE FROM entries WHERE topic = ${`auction:${forgotten}`}`)
  await database.execute(sql`UPDATE topics SET floor = head WHERE topic = ${`auction:${forgotten}`}`)

  async function read(id: string): Promise<unknown> {
    return JSON.stringify(await all.run(BOB, `{ auction(id: "${id}") { phase endedAt } }`))
  }
  async function migrate(): Promise<void> {
    await database.execute(sql.raw(await readFile(MIGRATION, 'utf8')))
  }
  return { database, endedAt, sold, cancelled, live, forgotten, read, migrate }
}

describe('An auction that ended before that moment was recorded', () => {
  test('ended when its last entry says, in the table and in its entries alike', async () => {
    const { database, endedAt, sold, cancelled, live, read, migrate } = await ofOlderVersion()
    await migrate()
    for (const id of [sold, cancelled, live]) expect(await read(id)).toBe(endedAt.get(id))
    expect(await Array.fromAsync(verifyDatabase(database, FEATURES.verifications))).toEqual([])
    const { rows } = await database.execute<{ of_entry: unknown; of_row: unknown }>(sql`
      SELECT data #>> '{standing,endedAt}' AS of_entry, standing ->> 'endedAt' AS of_row
      FROM auctions JOIN entries ON topic = 'auction:' || id AND type IN ('AuctionSold', 'AuctionCancelled')`)
    expect(rows).toHaveLength(2)
    for (const { of_entry, of_row } of rows) expect(of_entry).toBe(of_row)
    const { rows: early } = await database.execute(sql`
      SELECT FROM entries WHERE data #>> '{standing,endedAt}' IS NOT NULL AND data #>> '{standing,phase}' = 'LIVE'`)
    expect(early).toEqual([])
  })

  test('ended no later than its last write if its entries were deleted', async () => {
    const { endedAt, forgotten, read, migrate } = await ofOlderVersion()
    await migrate()
    expect(await read(forgotten)).toBe(endedAt.get(forgotten))
  })

  test('keeps what it has when the migration is run twice, and nodes take it up again', async () => {
    const { database, migrate } = await ofOlderVersion()
    const versions = async () =>
      (
        await database.execute(
          sql`SELECT topic, version FROM topics WHERE topic LIKE 'auction:%' ORDER BY topic`,
        )
      ).rows
    const before = await versions()
    await migrate()
    const after = await versions()
    expect(after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]))).toHaveLength(
      3,
    )
    await migrate()
    expect(await versions()).toEqual(after)
  })

  test('shows its planned end where a node of an older version ended it after the migration', async () => {
    const { sold, read } = await ofOlderVersion()
    expect(await read(sold)).toBe('{"auction":{"phase":"SOLD","endedAt":"2033-01-01T00:00:00.000Z"}}')
  })
})
