import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OpenRecord, openRecord } from '../../src/log/record.ts'
import { createRetention, type Retention } from '../../src/log/retention.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

describe('retention', () => {
  let record: OpenRecord

  beforeAll(async () => {
    record = await openRecord({ url: await freshDatabase(), directory: '', onConnectionError: () => {} })
  })
  afterAll(() => record.close())

  function given(events: number, ms: number): Retention {
    return createRetention({ database: record.database, events, ms, onFault: () => {} })
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
    retention.close()
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
    retention.close()
  })
})
