import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../../src/auth/viewer.ts'
import { openGiven, viewer } from './given.ts'

const HIDDEN = 20_000
const SHOWN = 300
const [ANN, BOB] = [viewer('ann'), viewer('bob')]

let all: Awaited<ReturnType<typeof openGiven>>

/** Old rooms that all see, and newer ones that none of these see but for two of Ann's. */
beforeAll(async () => {
  all = await openGiven(ANN, BOB)
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

interface Plan {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

function rowsRead(plan: Plan): number {
  const { 'Actual Rows': found, 'Rows Removed by Filter': removed = 0, 'Actual Loops': loops } = plan
  const own = plan['Relation Name'] === undefined ? 0 : (found + removed) * loops
  return (plan.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), own)
}

/** How many rows of tables PostgreSQL looks at for the listing. */
async function rowsReadBy(caller: Viewer | null, text: string): Promise<number> {
  const client = all.services.database.$client
  const original = client.query
  const sent: (readonly [text: string, values: readonly unknown[]])[] = []
  Reflect.set(client, 'query', (query: { readonly text: string }, values: readonly unknown[] = []) => {
    sent.push([query.text, values])
    return Reflect.apply(original, client, [query, values])
  })
  await all.run(caller, text).finally(() => Reflect.set(client, 'query', original))
  let rows = 0
  for (const [statement, values] of sent) {
    const explain = [`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`, [...values]]
    const answer = await Reflect.apply(original, client, explain)
    rows += rowsRead(answer.rows[0]['QUERY PLAN'][0].Plan)
  }
  return rows
}

const LISTING = '{ rooms(first: 20) { edges { node { id } } pageInfo { hasNextPage } } }'

describe('a listing among 20,000 rooms that are hidden', () => {
  test.each([
    ['a visitor', null],
    ['a user', BOB],
    ['a member of two of them', ANN],
    ['an administrator', viewer('root', 'ADMIN')],
  ])('reads for %s about what it shows', async (_name, caller) => {
    expect(await rowsReadBy(caller, LISTING)).toBeLessThan(700)
  })

  test.each([
    ['kind', '{ rooms(first: 20, kind: CHAT) { edges { node { id } } } }'],
    ['phase', '{ rooms(first: 20, phase: LIVE) { edges { node { id } } } }'],
  ])('by %s does, too', async (_name, text) => {
    expect(await rowsReadBy(BOB, text)).toBeLessThan(700)
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
