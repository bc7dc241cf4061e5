import { isDeepStrictEqual } from 'node:util'
import type { Client } from 'pg'
import { withClient } from '../support/postgres-databases.ts'
import type { Reset } from './watchers.ts'

/** The compared part of a snapshot, as selected by `places.ts`. */
type Shown =
  | {
      readonly auction: {
        readonly currentPrice: number | null
        readonly bidCount: number
        readonly leader: unknown
      }
    }
  | { readonly messages: readonly { readonly offset: number; readonly body: string | null }[] }
  | { readonly announcements: readonly { readonly title: string }[] }

const MESSAGES_SHOWN = 50
const ANNOUNCEMENTS_SHOWN = 1000

/**
 * Returns the snapshots that differ from the database at their offsets. The database still knows those states: in a
 * burst nothing is voided, edited or retracted, and each bid leaves its key.
 */
export function findWrongSnapshots(
  databaseUrl: string,
  resets: readonly Reset[],
): Promise<readonly { readonly reset: Reset; readonly held: Shown }[]> {
  return withClient(databaseUrl, async (client) => {
    const wrong: { readonly reset: Reset; readonly held: Shown }[] = []
    for (const reset of resets) {
      const held = await readHeld(client, reset)
      const [[part, value] = ['', undefined]] = Object.entries(held)
      const shown = (reset.snapshot as Readonly<Record<string, unknown>>)[part]
      if (!isDeepStrictEqual(plain(shown), plain(value))) wrong.push({ reset, held })
    }
    return wrong
  })
}

/** Without fields added by client libraries. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part) => (key === '__typename' ? undefined : part)))
}

function readHeld(client: Client, { topic, offset }: Reset): Promise<Shown> {
  const [family, id = ''] = topic.split(':')
  if (family === 'auction') return readAuctionHeld(client, topic, id, offset)
  if (family === 'messages') return readMessagesHeld(client, id, offset)
  return readAnnouncementsHeld(client, offset)
}

async function readAuctionHeld(client: Client, topic: string, id: string, offset: number): Promise<Shown> {
  const { rows } = await client.query<{
    readonly sequence: number
    readonly amount: string
    readonly bidder: string
  }>(
    `SELECT sequence, amount, bidder_id AS bidder FROM bids
     WHERE auction_id = $1 AND sequence = (SELECT count(*) FROM idempotency WHERE topic = $2 AND "offset" <= $3)`,
    [id, topic, offset],
  )
  const [last] = rows
  if (last === undefined) return { auction: { currentPrice: null, bidCount: 0, leader: null } }
  return {
    auction: { currentPrice: Number(last.amount), bidCount: last.sequence, leader: { id: last.bidder } },
  }
}

async function readMessagesHeld(client: Client, roomId: string, offset: number): Promise<Shown> {
  const { rows } = await client.query<{ readonly offset: string; readonly body: string | null }>(
    'SELECT "offset", body FROM messages WHERE room_id = $1 AND "offset" <= $2 ORDER BY "offset" DESC LIMIT $3',
    [roomId, offset, MESSAGES_SHOWN],
  )
  return { messages: rows.reverse().map((row) => ({ offset: Number(row.offset), body: row.body })) }
}

async function readAnnouncementsHeld(client: Client, offset: number): Promise<Shown> {
  const { rows } = await client.query<{ readonly title: string }>(
    'SELECT title FROM announcements WHERE "offset" <= $1 ORDER BY "offset" DESC LIMIT $2',
    [offset, ANNOUNCEMENTS_SHOWN],
  )
  return { announcements: rows.reverse() }
}
