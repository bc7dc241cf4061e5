import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rowsReadFor } from '../support/rows-read.ts'
import { openFixture, viewer } from './fixtures.ts'

const HIDDEN = 20_000
const SHOWN = 300
const [ANN, BOB] = [viewer('ann'), viewer('bob')]

let all: Awaited<ReturnType<typeof openFixture>>

/** Old rooms that all see, and newer ones that none of these see but for two of Ann's. */
beforeAll(async () => {
  all = await openFixture(ANN, BOB)
  const { database } = all.services
  await database.execute(sql`
    INSERT INTO rooms (id, name, kind, visibility, phase, owner, created_at, member_count, ranking, disclosure)
    SELECT CASE WHEN n <= ${SHOWN} THEN 'shown' ELSE 'hidden' END || n, 'Room', 'CHAT',
      CASE WHEN n <= ${SHOWN} THEN 'PUBLIC' ELSE 'MEMBERS' END, 'LIVE', NULL,
      now() + n * interval '1 ms', 0, 'STANDARD', 'OWN'
    FROM generate_series(1, ${HIDDEN + SHOWN}) AS n`)
  await database.execute(sql`
    INSERT INTO topics (topic, epoch, head, floor, written_at)
    SELECT family || id, 1, 0, 0, now() FROM rooms, unnest(ARRAY['room:', 'messages:']) AS family
    ON CONFLICT DO NOTHING`)
  await database.execute(sql`
    INSERT INTO members (room_id, user_id, user_name, status, role, joined_at)
    SELECT id, CASE WHEN id IN ('hidden1000', 'hidden2000') THEN 'ann' ELSE 'eve' END, 'x', 'member', 'OWNER', now()
    FROM rooms WHERE visibility = 'MEMBERS' AND kind = 'CHAT'`)
  await database.execute(sql`ANALYZE rooms`)
  await database.execute(sql`ANALYZE members`)
  await database.execute(sql`ANALYZE topics`)
}, 60_000)

afterAll(() => all.close())

const LISTING = '{ rooms(first: 20) { edges { node { id } } pageInfo { hasNextPage } } }'

describe('a listing among 20,000 rooms that are hidden', () => {
  test.each([
    ['a visitor', null],
    ['a user', BOB],
    ['a member of two of them', ANN],
    ['an administrator', viewer('root', 'ADMIN')],
  ])('reads for %s about what it shows', async (_name, caller) => {
    expect(await rowsReadFor(all.services.database, () => all.run(caller, LISTING))).toBeLessThan(700)
  })

  test.each([
    ['kind', '{ rooms(first: 20, kind: CHAT) { edges { node { id } } } }'],
    ['phase', '{ rooms(first: 20, phase: LIVE) { edges { node { id } } } }'],
  ])('by %s does, too', async (_name, text) => {
    expect(await rowsReadFor(all.services.database, () => all.run(BOB, text))).toBeLessThan(700)
  })

  test('of one’s own rooms reads about those', async () => {
    const text = '{ viewer { rooms(first: 20) { edges { node { id } } } } }'
    expect(await all.run(ANN, text)).toMatchObject({ viewer: { rooms: { edges: [{}, {}] } } })
    expect(await rowsReadFor(all.services.database, () => all.run(ANN, text))).toBeLessThan(700)
  })

  test('shows members their own among the others, newest first, page by page', async () => {
    const shown: string[] = []
    let after: string | null = null
    do {
      const page = (await all.run(
        ANN,
        'query ($after: String) { rooms(first: 100, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }',
        { after },
      )) as Page
      shown.push(...page.rooms.edges.map(({ node }) => node.id))
      after = page.rooms.pageInfo.hasNextPage ? page.rooms.pageInfo.endCursor : null
    } while (after !== null)
    expect(shown.slice(0, 3)).toEqual(['hidden2000', 'hidden1000', `shown${SHOWN}`])
    expect(shown.filter((id) => id.startsWith('shown'))).toHaveLength(SHOWN)
    expect(new Set(shown).size).toBe(shown.length)
  })
})

interface Page {
  readonly rooms: {
    readonly edges: readonly { readonly node: { readonly id: string } }[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
  }
}
