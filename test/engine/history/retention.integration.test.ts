import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRetention, type Retention } from '../../../src/engine/history/retention.ts'
import { asUserId, type UserId } from '../../../src/engine/kernel/id.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { readInbox, readUnread } from '../../../src/features/notifications/reads/notifications.ts'
import { notificationsTopic } from '../../../src/features/notifications/topics.ts'
import { FEATURES, openDatabase } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

describe('retention', () => {
  let record: OpenDatabase

  beforeAll(async () => {
    record = await openDatabase({ url: await freshDatabase(), directory: '', onConnectionError: () => {} })
  })
  afterAll(() => record.close())

  function given(events: number, ms: number): Retention {
    return createRetention({
      database: record.database,
      trims: FEATURES.trims,
      retained: FEATURES.retained,
      events,
      ms,
      onFault: () => {},
    })
  }

  /** A topic with ten entries, the first `old` of which are an hour old. */
  async function topicWith(name: string, old: number): Promise<void> {
    await record.database.execute(sql`
      INSERT INTO topics (topic, epoch, head, floor, written_at) VALUES (${name}, 1, 10, 0, clock_timestamp())`)
    await record.database.execute(sql`
      INSERT INTO entries (topic, "offset", at, type, data)
      SELECT ${name}, n, clock_timestamp() - CASE WHEN n <= ${old}::int THEN interval '1 hour' ELSE interval '0' END, 'X', '{}'
      FROM generate_series(1, 10) AS n`)
  }

  async function left(
    name: string,
  ): Promise<{ readonly floor: number; readonly offsets: readonly number[] }> {
    const { rows } = await record.database.execute<{ floor: number; offsets: number[] | null }>(sql`
      SELECT floor::int, (SELECT array_agg("offset"::int ORDER BY "offset") FROM entries WHERE entries.topic = topics.topic) AS offsets
      FROM topics WHERE topic = ${name}`)
    return { floor: rows[0]?.floor ?? -1, offsets: rows[0]?.offsets ?? [] }
  }

  test('keeps an entry while either the count or the age allows it', async () => {
    await topicWith('test:count', 10)
    await topicWith('test:age', 4)
    await topicWith('test:young', 0)
    const retention = given(3, 60_000)
    await retention.trim()
    expect(await left('test:count')).toEqual({ floor: 7, offsets: [8, 9, 10] })
    expect(await left('test:age')).toEqual({ floor: 4, offsets: [5, 6, 7, 8, 9, 10] })
    expect(await left('test:young')).toEqual({ floor: 0, offsets: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] })
    await retention.close()
  })

  test('keeps an entry that one which stays goes back to', async () => {
    await topicWith('test:back', 10)
    await record.database.execute(sql`
      UPDATE entries SET type = 'RankingChanged', data = json_build_object('back', "offset" - 5)
      WHERE topic = 'test:back' AND "offset" IN (7, 9)`)
    const retention = given(3, 60_000)
    await retention.trim()
    expect(await left('test:back')).toEqual({ floor: 4, offsets: [5, 6, 7, 8, 9, 10] })
    await retention.trim()
    expect(await left('test:back')).toEqual({ floor: 4, offsets: [5, 6, 7, 8, 9, 10] })
    const later = given(1, 60_000)
    await later.trim()
    expect(await left('test:back')).toEqual({ floor: 9, offsets: [10] })
    await retention.close()
    await later.close()
  })

  test('forgets keys after more than a day, and not before', async () => {
    for (const [key, age] of [
      ['old', '26 hours'],
      ['new', '24 hours'],
    ]) {
      await record.database.execute(sql`
        INSERT INTO idempotency (caller, key, fingerprint, topic, epoch, "offset", reply, at)
        VALUES ('ann', ${key}, '', 'test:count', 1, 1, '{}', clock_timestamp() - ${age}::interval)`)
    }
    const retention = given(3, 60_000)
    await retention.trim()
    const { rows } = await record.database.execute(sql`SELECT key FROM idempotency`)
    expect(rows).toEqual([{ key: 'new' }])
    await retention.close()
  })

  /** So many notifications of `owner`, after those there are; `read`: how long ago. */
  async function notify(owner: UserId, count: number, read: string | null): Promise<void> {
    await record.database.execute(sql`
      WITH head AS (
        INSERT INTO topics (topic, epoch, head, floor, written_at)
        VALUES (${notificationsTopic(owner)}, 1, ${count}, 0, clock_timestamp())
        ON CONFLICT (topic) DO UPDATE SET head = topics.head + ${count} RETURNING head)
      INSERT INTO notifications (id, user_id, "offset", kind, title, body, created_at, read_at)
      SELECT gen_random_uuid(), ${owner}, head - n, 'OUTBID', '', '',
        clock_timestamp() - interval '1 year', clock_timestamp() - ${read}::interval
      FROM head, generate_series(0, ${count}::int - 1) AS n`)
  }

  async function keptOf(owner: UserId): Promise<readonly number[]> {
    const { rows } = await record.database.execute<{ offset: string }>(sql`
      SELECT "offset" FROM notifications WHERE user_id = ${owner} ORDER BY "offset"`)
    return rows.map(({ offset }) => Number(offset))
  }

  test('forgets a notification once it was read longer ago than entries are kept, and none that is unread', async () => {
    const ann = asUserId('ann')
    await notify(ann, 1, '2 minutes')
    await notify(ann, 1, null)
    await notify(ann, 1, '30 seconds')
    await notify(ann, 1, '2 hours')
    const retention = given(3, 60_000)
    await retention.trim()
    expect(await keptOf(ann)).toEqual([2, 3])
    await retention.close()
  })

  test('leaves what is shown of unread notifications as it was', async () => {
    const bob = asUserId('bob')
    for (let turn = 0; turn < 3; turn += 1) {
      await notify(bob, 70, null)
      await notify(bob, 30, '1 day')
    }
    const shown = async () => {
      const { position, unread } = await readUnread(record.database, bob, 200)
      return { position, ids: unread.map(({ id }) => id), inbox: await readInbox(record.database, bob) }
    }
    const before = await shown()
    const retention = given(3, 60_000)
    await retention.trim()
    expect(await shown()).toEqual(before)
    expect(before.inbox).toMatchObject({ position: { offset: 300 }, unreadCount: 210 })
    expect(before.ids).toHaveLength(200)
    expect(await keptOf(bob)).toHaveLength(210)
    await retention.close()
  })

  test('deletes ten thousand notifications per round, and continues in the next', async () => {
    const cid = asUserId('cid')
    await notify(cid, 10_001, '1 day')
    const retention = given(3, 60_000)
    await retention.trim()
    expect(await keptOf(cid)).toHaveLength(1)
    await retention.trim()
    expect(await keptOf(cid)).toEqual([])
    await retention.close()
  })
})
