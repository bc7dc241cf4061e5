import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuctionStanding, AuctionTerms } from '../../src/features/auctions/rules/auction.ts'
import { auctions } from '../../src/features/auctions/tables.ts'
import { rowsReadFor } from '../support/rows-read.ts'
import { openFixture, textAt, viewer } from './fixtures.ts'

const HIDDEN = 50_000
const HIDDEN_ROOMS = 500
const SHOWN = 300
const SHOWN_ROOMS = 30
const [SELLER, ANN, BOB] = [viewer('seller', 'SERVICE'), viewer('ann'), viewer('bob')]
const CREATE_ROOM =
  'mutation { createRoom(input: { name: "R", kind: AUCTION, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }'
const SCHEDULE = `mutation ($roomId: ID!) { createAuction(input: { roomId: $roomId, title: "Lot", currency: "EUR",
  startingPrice: 100, startsAt: "2033-01-01T00:00:00Z", endsAt: "2033-01-02T00:00:00Z" }) {
    ... on AuctionPayload { auction { id } } } }`
const CREATE_AUCTION = `mutation ($roomId: ID!) { createAuction(input:
  { roomId: $roomId, title: "Lot", currency: "EUR", startingPrice: 100, endsAt: "2033-01-01T00:00:00Z" }) {
    ... on AuctionPayload { auction { id } } } }`

let all: Awaited<ReturnType<typeof openFixture>>

/** Old auctions that everyone sees, each tenth of them over, and newer ones that nobody here sees but those of two rooms of Ann's. */
beforeAll(async () => {
  all = await openFixture(SELLER, ANN, BOB)
  const { database } = all.services
  const roomId = textAt(await all.run(SELLER, CREATE_ROOM), 'createRoom', 'room', 'id')
  await all.run(SELLER, CREATE_AUCTION, { roomId })
  const [template] = await database.select().from(auctions)
  const [terms, standing] = [template?.terms, template?.standing] as [AuctionTerms, AuctionStanding]
  await database.execute(sql`
    INSERT INTO rooms (id, name, kind, visibility, phase, owner, created_at, member_count, ranking, disclosure)
    SELECT CASE WHEN n <= ${SHOWN_ROOMS} THEN 'shown' ELSE 'hidden' END || n, 'Room', 'AUCTION',
      CASE WHEN n <= ${SHOWN_ROOMS} THEN 'PUBLIC' ELSE 'MEMBERS' END, 'LIVE', NULL,
      now() + n * interval '1 ms', 0, 'STANDARD', 'OWN'
    FROM generate_series(1, ${SHOWN_ROOMS + HIDDEN_ROOMS}) AS n`)
  await database.execute(sql`
    INSERT INTO auctions (id, room_id, created_at, phase, terms, standing, command_count, paused_ms)
    SELECT id, room_id, to_timestamp(ms / 1000.0), phase,
      (${JSON.stringify(terms)}::jsonb || jsonb_build_object('id', id, 'roomId', room_id, 'createdAt', ms))::json,
      (${JSON.stringify(standing)}::jsonb || jsonb_build_object('phase', phase))::json, 1, 0
    FROM (
      SELECT n, floor(extract(epoch FROM now()) * 1000)::bigint + n AS ms, 'auc_' || lpad(n::text, 8, '0') AS id,
        CASE WHEN n <= ${SHOWN} THEN 'shown' || 1 + n % ${SHOWN_ROOMS}
          ELSE 'hidden' || ${SHOWN_ROOMS} + 1 + n % ${HIDDEN_ROOMS} END AS room_id,
        CASE WHEN n % 10 = 0 THEN 'CANCELLED' ELSE 'LIVE' END AS phase
      FROM generate_series(1, ${SHOWN + HIDDEN}) AS n) AS made`)
  await database.execute(sql`
    INSERT INTO topics (topic, epoch, head, floor, written_at)
    SELECT 'auction:' || id, 1, 0, 0, now() FROM auctions ON CONFLICT DO NOTHING`)
  await database.execute(sql`
    INSERT INTO members (room_id, user_id, user_name, status, role, joined_at)
    SELECT id, CASE WHEN id IN ('hidden100', 'hidden200') THEN 'ann' ELSE 'eve' END, 'x', 'member', 'OWNER', now()
    FROM rooms WHERE visibility = 'MEMBERS' AND kind = 'AUCTION'`)
  for (const table of ['rooms', 'members', 'topics', 'auctions']) {
    await database.execute(sql.raw(`ANALYZE ${table}`))
  }
}, 120_000)

afterAll(() => all.close())

interface Page {
  readonly auctions: {
    readonly edges: readonly { readonly node: { readonly id: string; readonly phase: string } }[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
  }
}

const listing = (args: string): string =>
  `{ auctions(first: 20${args}) { edges { node { id phase } } pageInfo { hasNextPage endCursor } } }`

describe('a room that is hidden, and shown again', () => {
  test('takes its auctions along, also those that were created meanwhile', async () => {
    const UPDATE =
      'mutation ($id: ID!, $to: RoomVisibility!) { updateRoom(input: { roomId: $id, visibility: $to }) { __typename } }'
    const id = textAt(await all.run(SELLER, CREATE_ROOM), 'createRoom', 'room', 'id')
    const create = async (): Promise<string> =>
      textAt(await all.run(SELLER, SCHEDULE, { roomId: id }), 'createAuction', 'auction', 'id')
    const shown = async (): Promise<readonly string[]> => {
      const { auctions: found } = (await all.run(BOB, listing(', phase: SCHEDULED'))) as Page
      return found.edges.map(({ node }) => node.id)
    }
    const first = await create()
    expect(await shown()).toEqual([first])
    await all.run(SELLER, UPDATE, { id, to: 'MEMBERS' })
    const second = await create()
    expect(await shown()).toEqual([])
    await all.run(SELLER, UPDATE, { id, to: 'AUTHENTICATED' })
    const third = await create()
    expect(await shown()).toEqual([third, second, first])
    const { rows } = await all.services.database.execute(sql`
      SELECT DISTINCT room_access FROM auctions WHERE id IN (${first}, ${second}, ${third})`)
    expect(rows).toEqual([{ room_access: 'AUCTION AUTHENTICATED' }])
    const { rows: stale } = await all.services.database.execute(sql`
      SELECT auctions.id FROM auctions JOIN rooms ON rooms.id = room_id
      WHERE room_access <> kind || ' ' || visibility`)
    expect(stale).toEqual([])
  })
})

describe('a listing among 50,000 auctions that are hidden', () => {
  test.each([
    ['a visitor', null],
    ['a user', BOB],
    ['a member of two of their rooms', ANN],
    ['an administrator', viewer('root', 'ADMIN')],
  ])('reads for %s about what it shows', async (_name, caller) => {
    const page = (await all.run(caller, listing(''))) as Page
    expect(page.auctions.edges).toHaveLength(20)
    expect(await rowsReadFor(all.services.database, () => all.run(caller, listing('')))).toBeLessThan(1_000)
  })

  test.each(['LIVE', 'CANCELLED'])('by the phase %s does, too', async (phase) => {
    const text = listing(`, phase: ${phase}`)
    const page = (await all.run(BOB, text)) as Page
    expect(new Set(page.auctions.edges.map(({ node }) => node.phase))).toEqual(new Set([phase]))
    expect(await rowsReadFor(all.services.database, () => all.run(BOB, text))).toBeLessThan(1_000)
  })

  test('of a phase that few have does, too', async () => {
    const text = listing(', phase: SCHEDULED')
    expect(await all.run(null, text)).toMatchObject({ auctions: { edges: [] } })
    expect(await rowsReadFor(all.services.database, () => all.run(null, text))).toBeLessThan(1_000)
  })

  test('shows each auction that one may see once, newest first, page by page', async () => {
    const shown: string[] = []
    let after: string | null = null
    do {
      const page = (await all.run(
        ANN,
        'query ($after: String) { auctions(first: 100, after: $after) { edges { node { id phase } } pageInfo { hasNextPage endCursor } } }',
        { after },
      )) as Page
      shown.push(...page.auctions.edges.map(({ node }) => node.id))
      after = page.auctions.pageInfo.hasNextPage ? page.auctions.pageInfo.endCursor : null
    } while (after !== null)
    const { rows } = await all.services.database.execute<{ id: string }>(sql`
      SELECT id FROM auctions WHERE room_id NOT LIKE 'hidden%' OR room_id IN ('hidden100', 'hidden200')
      ORDER BY created_at DESC, id DESC`)
    expect(shown).toEqual(rows.map(({ id }) => id))
  })
})
