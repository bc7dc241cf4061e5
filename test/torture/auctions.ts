import { withClient } from '../support/postgres-databases.ts'

/** A bid confirmed to its bidder as accepted. */
export interface Told {
  readonly bidder: string
  readonly amount: number
}

/** How an auction ended, according to the database. */
export interface Ended {
  readonly phase: string
  readonly endsAtMs: number
  readonly reservePrice: number | null
  readonly funded: boolean
  readonly winner: { readonly user: { readonly id: string }; readonly price: number } | null
  readonly head: number
  /** The entries that end an auction. */
  readonly ends: readonly { readonly type: string; readonly offset: number; readonly atMs: number }[]
  readonly lastBidMs: number | null
  /** The payments in the ledger. */
  readonly captures: readonly { readonly amount: number; readonly debit: string }[]
  readonly holds: number
  readonly deadlines: number
}

/** Undefined while it is open. */
export function readEnded(databaseUrl: string, auctionId: string): Promise<Ended | undefined> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ readonly ended: Ended }>(
      `SELECT json_build_object(
        'phase', phase, 'winner', standing->'winner',
        'endsAtMs', (standing->>'endsAt')::float8,
        'reservePrice', terms->'reservePrice', 'funded', terms->'funded', 'head', topics.head,
        'ends', (SELECT coalesce(json_agg(json_build_object('type', type, 'offset', "offset",
            'atMs', extract(epoch FROM at) * 1000)), '[]') FROM entries
          WHERE entries.topic = topics.topic AND type IN ('AuctionSold', 'AuctionUnsold', 'AuctionCancelled')),
        'lastBidMs', (SELECT extract(epoch FROM max(placed_at)) * 1000 FROM bids WHERE auction_id = auctions.id),
        'captures', (SELECT coalesce(json_agg(json_build_object('amount', amount, 'debit', debit)), '[]')
          FROM transfers WHERE auction_id = auctions.id AND kind = 'CAPTURE'),
        'holds', (SELECT count(*) FROM holds WHERE auction_id = auctions.id),
        'deadlines', (SELECT count(*) FROM deadlines WHERE deadlines.topic = topics.topic)) AS ended
       FROM auctions JOIN topics ON topic = 'auction:' || id
       WHERE id = $1 AND phase NOT IN ('SCHEDULED', 'LIVE', 'PAUSED')`,
      [auctionId],
    )
    return rows[0]?.ended
  })
}

/** The errors in an auction's end, given all accepted bids, as full sentences; empty if it is correct. */
export function faultsOfEnd(ended: Ended, told: readonly Told[]): readonly string[] {
  const best = told.reduce<Told | undefined>(
    (highest, bid) => (highest === undefined || bid.amount > highest.amount ? bid : highest),
    undefined,
  )
  const due = best !== undefined && best.amount >= (ended.reservePrice ?? 0) ? best : undefined
  const [end] = ended.ends
  const { winner } = ended
  const isPaid = due !== undefined && ended.funded
  const [capture] = ended.captures
  const findings: readonly (readonly [isRight: boolean, sentence: string])[] = [
    [ended.ends.length === 1, `It has ${ended.ends.length} entries that end it.`],
    [end?.offset === ended.head, 'Something came after its end.'],
    [end?.type === (due === undefined ? 'AuctionUnsold' : 'AuctionSold'), `It ended by ${end?.type}.`],
    [ended.phase === (due === undefined ? 'UNSOLD' : 'SOLD'), `Its phase is ${ended.phase}.`],
    [
      winner?.user.id === due?.bidder && winner?.price === due?.amount,
      'Its winner is not its highest bidder.',
    ],
    [(end?.atMs ?? 0) >= ended.endsAtMs, 'It ended before its time.'],
    [(ended.lastBidMs ?? 0) < ended.endsAtMs, 'A bid was taken after its end.'],
    [ended.captures.length === (isPaid ? 1 : 0), `It was paid for ${ended.captures.length} times.`],
    [!isPaid || capture?.amount === due.amount, 'What was paid is not its price.'],
    [!isPaid || capture?.debit === `held:${due.bidder}`, 'Another than its winner paid.'],
    [ended.holds === 0, 'Money is still held for it.'],
    [ended.deadlines === 0, 'It is still to be ended.'],
  ]
  return findings.filter(([isRight]) => !isRight).map(([, sentence]) => sentence)
}
