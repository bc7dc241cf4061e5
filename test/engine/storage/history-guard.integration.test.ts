import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createHistoryGuard,
  type HistoryGuard,
  OtherHistory,
} from '../../../src/engine/storage/history-guard.ts'
import type { IdentityClient } from '../../../src/engine/storage/identity.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { openDatabase } from '../../support/database.ts'
import { withClient } from '../../support/postgres-databases.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

/** A guard that counts what it does. */
function guard() {
  const events = { renewals: 0, replaced: 0, unreadable: [] as string[] }
  const made = createHistoryGuard({
    onRenewed: () => {
      events.renewals += 1
    },
    onUnreadable: (parts) => events.unreadable.push(...parts),
  })
  made.onReplaced(() => {
    events.replaced += 1
  })
  return { guard: made, events }
}

let url: string
let record: OpenDatabase

const onDatabase = <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> =>
  withClient(url, work)

const admit = (each: HistoryGuard): Promise<void> => onDatabase((client) => each.admit(client))

const admitAs = (each: HistoryGuard, as: (client: pg.Client) => IdentityClient): Promise<void> =>
  onDatabase((client) => each.admit(as(client)))

const epochs = (): Promise<readonly string[]> =>
  onDatabase(async (client) => {
    const { rows } = await client.query('SELECT epoch FROM topics ORDER BY topic')
    return rows.map(({ epoch }) => String(epoch))
  })

const pretend = (assignment: string): Promise<unknown> =>
  onDatabase((client) => client.query(`UPDATE history_identity SET ${assignment}`))

describe('a guarded history', () => {
  beforeEach(async () => {
    url = await freshDatabase()
    record = await openDatabase({ url, directory: '', onConnectionError: () => {} })
  })
  afterEach(() => record.close())

  test('keeps its epochs while the database stays the same', async () => {
    const { guard: first, events } = guard()
    await admit(first)
    const before = await epochs()
    await admit(first)
    await admit(guard().guard)

    expect(await epochs()).toEqual(before)
    expect(events).toEqual({ renewals: 0, replaced: 0, unreadable: [] })
  })

  test.each([
    ['another cluster', `system = '1'`],
    ['another timeline', `timeline = 'FFFFFFFF'`],
    ['another database', `database_oid = '1'`],
    ['other tables', `table_oid = '1'`],
  ])('gets new epochs where the database wrote its last entries as %s', async (_case, assignment) => {
    const node = guard()
    await admit(node.guard)
    const before = await epochs()
    await pretend(assignment)
    await admit(node.guard)

    const after = await epochs()
    expect(after.filter((epoch) => before.includes(epoch))).toEqual([])
    expect(node.events).toMatchObject({ renewals: 1, replaced: 1 })
  })

  test('is renewed once, however many nodes find out together', async () => {
    const nodes = Array.from({ length: 6 }, guard)
    for (const node of nodes) await admit(node.guard)
    await pretend(`timeline = 'FFFFFFFF'`)
    await Promise.all(nodes.map((node) => admit(node.guard)))

    const after = await epochs()
    for (const node of nodes) await admit(node.guard)
    expect(await epochs()).toEqual(after)
    expect(nodes.reduce((sum, { events }) => sum + events.renewals, 0)).toBe(1)
    expect(nodes.map(({ events }) => events.replaced)).toEqual(nodes.map(() => 1))
  })

  test('is renewed by hand under load, and no command fails', async () => {
    const { guard: node, events } = guard()
    await using running = await openDisposable(node)
    let isDone = false
    const writes = Array.from({ length: 4 }, async () => {
      while (!isDone) {
        await running.database.transaction(async (tx) => {
          const lock = 'SELECT FROM topics WHERE topic = ANY($1) ORDER BY topic FOR UPDATE'
          await tx.$client.query({
            name: 'lock',
            text: lock,
            values: [['messages:admin', 'messages:global']],
          })
          const move = `UPDATE topics SET head = head + 1 WHERE topic = 'messages:global'`
          await tx.$client.query({ name: 'move', text: move, values: [] })
        })
      }
    })
    const count = await record.renewEpochs()
    await running.checkHistory()
    isDone = true
    await Promise.all(writes)

    expect(count).toBe((await epochs()).length)
    expect(events.replaced).toBe(1)
  })

  test('refuses a connection that leads back to the history it has left', async () => {
    const { guard: node } = guard()
    await admit(node)
    const [{ incarnation }] = await onDatabase(
      async (client) => (await client.query('SELECT incarnation FROM history_identity')).rows,
    )
    await record.renewEpochs()
    await admit(node)
    await pretend(`incarnation = '${incarnation}'`)

    await expect(admit(node)).rejects.toThrow(OtherHistory)
  })

  test('confirms the timeline that a connection was admitted with, and refuses another', async () => {
    const { guard: node } = guard()
    await admit(node)
    await onDatabase((client) => node.confirm(client))

    const behindPooler = onDatabase((client) => node.confirm(promotedTo('0000002A')(client)))
    await expect(behindPooler).rejects.toThrow(OtherHistory)
  })

  test('is guarded by what the role may read, and says once what it may not', async () => {
    const { guard: node, events } = guard()
    await admitAs(node, limited)
    await pretend(`timeline = 'FFFFFFFF'`)
    await admitAs(node, limited)
    expect(events).toEqual({ renewals: 0, replaced: 0, unreadable: ['system', 'timeline'] })

    await record.renewEpochs()
    await admitAs(node, limited)
    expect(events.replaced).toBe(1)
  })
})

interface DisposableDatabase extends OpenDatabase, AsyncDisposable {}

async function openDisposable(history: HistoryGuard): Promise<DisposableDatabase> {
  const opened = await openDatabase({ url, directory: '', onConnectionError: () => {}, history })
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() })
}

type Query = (...given: readonly unknown[]) => Promise<pg.QueryResult>

/** `client`, with each statement passed to `query`, which may run it. */
function intercepted(
  client: pg.Client,
  query: (text: string, run: Query) => ReturnType<Query>,
): IdentityClient {
  const run = client.query.bind(client) as Query
  const asked: Query = (...given) => {
    const [first] = given
    const text = typeof first === 'string' ? first : String((first as pg.QueryConfig).text)
    return query(text, () => run(...given))
  }
  return { query: asked } as IdentityClient
}

/** A connection to a copy of the database that was promoted to `timeline`. */
const promotedTo =
  (timeline: string) =>
  (client: pg.Client): IdentityClient =>
    intercepted(client, async (_text, run) => {
      const answer = await run()
      for (const row of answer.rows ?? []) if ('timeline' in row) row.timeline = timeline
      return answer
    })

/** A connection of a role that may not read which copy of the database it is. */
const limited = (client: pg.Client): IdentityClient =>
  intercepted(client, async (text, run) => {
    const isRefused = /pg_control_system|pg_walfile_name/.test(text)
    if (isRefused) throw Object.assign(new Error('permission denied'), { code: '42501' })
    return run()
  })
