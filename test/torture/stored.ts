import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { QueryResultRow } from 'pg'
import { withClient } from '../support/postgres-databases.ts'
import type { Reach, Stored } from './records.ts'

/** The part of an entry that identifies it, as stored and as selected by clients. */
export interface Content {
  readonly message?: { readonly body: string }
  readonly announcement?: { readonly title: string }
  readonly bid?: { readonly bidder: { readonly id: string }; readonly amount: number }
}

interface Row {
  readonly topic: string
  readonly epoch: unknown
  readonly offset: unknown
  readonly at: number
  readonly type: string
  readonly data: Content
}

/** Identifies the effect of a command by content unique to it: a text with its key, or a bidder's amount. */
export function effectOf(type: string, { message, announcement, bid }: Content): string | null {
  if (type === 'MessageSent' && message !== undefined) return message.body
  if (type === 'AnnouncementPublished' && announcement !== undefined) return announcement.title
  if (type === 'BidPlaced' && bid !== undefined) return bidEffect(bid.bidder.id, bid.amount)
  return null
}

export function bidEffect(bidder: string, amount: number): string {
  return `${bidder} bids ${amount}`
}

type Query = <Row extends QueryResultRow>(
  statement: string,
  values: unknown[],
) => Promise<{ readonly rows: readonly Row[] }>

/** Opens a database: a PostgreSQL URL, or the data folder of an embedded node that is not running. */
async function reading<Result>(record: string, read: (query: Query) => Promise<Result>): Promise<Result> {
  if (record.startsWith('postgresql:')) {
    return withClient(record, (client) => read((statement, values) => client.query(statement, values)))
  }
  const embedded = await PGlite.create(join(record, 'pglite'))
  try {
    return await read((statement, values) => embedded.query(statement, values))
  } finally {
    await embedded.close()
  }
}

/** The stored entries of these topics. */
export function readStored(
  record: string,
  topics: readonly string[],
): Promise<{ readonly stored: readonly Stored[]; readonly reaches: readonly Reach[] }> {
  return reading(record, async (query) => {
    const entries = await query<Row>(
      `SELECT e.topic, t.epoch, e."offset", (extract(epoch FROM e.at) * 1000)::float8 AS at, e.type, e.data
       FROM entries e JOIN topics t USING (topic) WHERE topic = ANY($1) ORDER BY e.topic, e."offset"`,
      [topics],
    )
    const stored = entries.rows.map((row) => ({
      topic: row.topic,
      epoch: Number(row.epoch),
      offset: Number(row.offset),
      atMs: row.at,
      effect: effectOf(row.type, row.data),
    }))
    return { stored, reaches: await readReachesBy(query, topics) }
  })
}

/** The current ranges of these histories. */
export function readReaches(record: string, topics: readonly string[]): Promise<readonly Reach[]> {
  return reading(record, (query) => readReachesBy(query, topics))
}

async function readReachesBy(query: Query, topics: readonly string[]): Promise<readonly Reach[]> {
  const { rows } = await query<Readonly<Record<'topic' | 'epoch' | 'head' | 'floor', unknown>>>(
    'SELECT topic, epoch, head, floor FROM topics WHERE topic = ANY($1)',
    [topics],
  )
  return rows.map(({ topic, epoch, head, floor }) => ({
    topic: String(topic),
    epoch: Number(epoch),
    head: Number(head),
    floor: Number(floor),
  }))
}
