import { withClient } from '../support/postgres-databases.ts'
import type { Reach, Stored } from './records.ts'

interface Row {
  readonly topic: string
  readonly epoch: string
  readonly offset: string
  readonly at: number
  readonly type: string
  readonly data: {
    readonly message?: { readonly body: string }
    readonly announcement?: { readonly title: string }
    readonly bid?: { readonly bidder: { readonly id: string }; readonly amount: number }
  }
}

/** Names what a command did, by what only that command says: a text with its key in it, or a bidder's amount. */
function effectOf({ type, data: { message, announcement, bid } }: Pick<Row, 'type' | 'data'>): string | null {
  if (type === 'MessageSent' && message !== undefined) return message.body
  if (type === 'AnnouncementPublished' && announcement !== undefined) return announcement.title
  if (type === 'BidPlaced' && bid !== undefined) return bidEffect(bid.bidder.id, bid.amount)
  return null
}

export function bidEffect(bidder: string, amount: number): string {
  return `${bidder} bids ${amount}`
}

/** What the database holds of these topics. */
export function readStored(
  databaseUrl: string,
  topics: readonly string[],
): Promise<{ readonly stored: readonly Stored[]; readonly reaches: readonly Reach[] }> {
  return withClient(databaseUrl, async (client) => {
    const entries = await client.query<Row>(
      `SELECT e.topic, t.epoch, e."offset", (extract(epoch FROM e.at) * 1000)::float8 AS at, e.type, e.data
       FROM entries e JOIN topics t USING (topic) WHERE topic = ANY($1) ORDER BY e.topic, e."offset"`,
      [topics],
    )
    const stored = entries.rows.map((row) => ({
      topic: row.topic,
      epoch: Number(row.epoch),
      offset: Number(row.offset),
      atMs: row.at,
      effect: effectOf(row),
    }))
    return { stored, reaches: await readReachesBy(client, topics) }
  })
}

/** How far these histories reach now. */
export function readReaches(databaseUrl: string, topics: readonly string[]): Promise<readonly Reach[]> {
  return withClient(databaseUrl, (client) => readReachesBy(client, topics))
}

async function readReachesBy(
  client: Parameters<Parameters<typeof withClient>[1]>[0],
  topics: readonly string[],
): Promise<readonly Reach[]> {
  const { rows } = await client.query<Readonly<Record<'topic' | 'epoch' | 'head' | 'floor', string>>>(
    'SELECT topic, epoch, head, floor FROM topics WHERE topic = ANY($1)',
    [topics],
  )
  return rows.map(({ topic, epoch, head, floor }) => ({
    topic,
    epoch: Number(epoch),
    head: Number(head),
    floor: Number(floor),
  }))
}
