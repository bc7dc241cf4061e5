import type pg from 'pg'

/**
 * Identifies the copy of the database behind a connection. A promoted replica runs on another timeline, a restored
 * backup on another timeline or in another cluster, a restored dump in other tables. A part is null if the role may
 * not read it.
 */
export interface DatabaseIdentity {
  /** The cluster's identifier from its control file. */
  readonly system: string | null
  /** Eight hexadecimal digits. A promotion or a point-in-time recovery starts a new timeline. */
  readonly timeline: string | null
  readonly databaseOid: string
  /** The OID of the table `topics`: restoring a dump creates it again. */
  readonly tableOid: string
}

/** One history, the same for all nodes. The incarnation is random and changes whenever the epochs are renewed. */
export interface HistoryIdentity {
  readonly incarnation: string
  readonly timeline: string | null
}

export interface IdentityRights {
  readonly system: boolean
  readonly timeline: boolean
}

/** Any connection, of the pool or opened by a script. */
export type IdentityClient = Pick<pg.ClientBase, 'query'>

/** The connection leads to a standby, which replays the history of its primary and accepts no writes. */
export class StandbyServer extends Error {
  constructor() {
    super('The database is a standby: it takes no writes. Point DATABASE_URL at the primary.')
    this.name = 'StandbyServer'
  }
}

/** A server that does not answer a small query within this time is considered down. */
const QUESTION_TIMEOUT_MS = 5_000

/** Runs a statement that the driver abandons after `timeoutMs`. */
const within = (timeoutMs: number, text: string) => ({ text, query_timeout: timeoutMs })
const question = (text: string) => within(QUESTION_TIMEOUT_MS, text)

/** Throws StandbyServer. */
export async function requirePrimary(client: IdentityClient): Promise<void> {
  const { rows } = await client.query<{ standby: boolean }>(question('SELECT pg_is_in_recovery() AS standby'))
  if (rows[0]?.standby === true) throw new StandbyServer()
}

/** PostgreSQL lets every role call both functions; a managed service may have revoked that or lack them. */
export async function readRights(client: IdentityClient): Promise<IdentityRights> {
  return {
    system: await isReadable(client, 'SELECT system_identifier FROM pg_control_system()'),
    timeline: await isReadable(client, `SELECT ${TIMELINE}`),
  }
}

async function isReadable(client: IdentityClient, text: string): Promise<boolean> {
  try {
    await client.query(question(text))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && UNREADABLE.has(String(error.code))) return false
    throw error
  }
}

/** SQLSTATE: no privilege, unknown function, not supported, not available in this server state. */
const UNREADABLE: ReadonlySet<string> = new Set(['42501', '42883', '0A000', '55000'])

/** The server's current write timeline. */
export const TIMELINE = `left(pg_walfile_name(pg_current_wal_lsn()), 8)`

interface IdentityRow {
  readonly system: string | null
  readonly timeline: string | null
  readonly database_oid: string
  readonly table_oid: string
  readonly incarnation: string | null
  readonly stored_system: string | null
  readonly stored_timeline: string | null
  readonly stored_database_oid: string | null
  readonly stored_table_oid: string | null
}

const identityQuery = (rights: IdentityRights): string =>
  `SELECT ${rights.system ? '(SELECT system_identifier::text FROM pg_control_system())' : 'NULL::text'} AS system,
    ${rights.timeline ? TIMELINE : 'NULL::text'} AS timeline,
    (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database_oid,
    'topics'::regclass::oid::text AS table_oid,
    stored.incarnation, stored.system AS stored_system, stored.timeline AS stored_timeline,
    stored.database_oid AS stored_database_oid, stored.table_oid AS stored_table_oid
  FROM (SELECT) AS one LEFT JOIN history_identity AS stored ON true`

interface Reading {
  readonly actual: DatabaseIdentity
  /** Undefined if none has been stored yet. */
  readonly stored: (DatabaseIdentity & { readonly incarnation: string }) | undefined
}

async function read(client: IdentityClient, rights: IdentityRights): Promise<Reading> {
  const { rows } = await client.query<IdentityRow>(question(identityQuery(rights)))
  const [row] = rows
  if (row === undefined) throw new RangeError('a left join from one row answers one row')
  const { system, timeline, database_oid: databaseOid, table_oid: tableOid, incarnation } = row
  const stored =
    incarnation === null
      ? undefined
      : {
          incarnation,
          system: row.stored_system,
          timeline: row.stored_timeline,
          databaseOid: row.stored_database_oid ?? '',
          tableOid: row.stored_table_oid ?? '',
        }
  return { actual: { system, timeline, databaseOid, tableOid }, stored }
}

/** A part that is unreadable on either side is not compared. */
function isSamePart(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other
}

function isSame(one: DatabaseIdentity, other: DatabaseIdentity): boolean {
  return (
    isSamePart(one.system, other.system) &&
    isSamePart(one.timeline, other.timeline) &&
    one.databaseOid === other.databaseOid &&
    one.tableOid === other.tableOid
  )
}

/** Whether a part is readable now that was not when the identity was stored. */
function hasMore(actual: DatabaseIdentity, stored: DatabaseIdentity): boolean {
  return (
    (stored.system === null && actual.system !== null) ||
    (stored.timeline === null && actual.timeline !== null)
  )
}

/**
 * Returns the history behind `client`. If the database is a different copy than the one that stored the identity,
 * all epochs are renewed first: by one node, while the others wait. `onRenewed` receives the reason.
 */
export async function verifyIdentity(
  client: IdentityClient,
  rights: IdentityRights,
  onRenewed: (before: DatabaseIdentity, after: DatabaseIdentity) => void,
): Promise<HistoryIdentity> {
  const { actual, stored } = await read(client, rights)
  if (stored !== undefined && isSame(actual, stored) && !hasMore(actual, stored)) {
    return { incarnation: stored.incarnation, timeline: actual.timeline }
  }
  return inRenewal(client, async () => {
    const { actual: current, stored: previous } = await read(client, rights)
    const isOther = previous !== undefined && !isSame(current, previous)
    if (isOther) await client.query(RENEW)
    const incarnation = await store(client, current, isOther ? undefined : previous?.incarnation)
    if (isOther) onRenewed(previous, current)
    return { incarnation, timeline: current.timeline }
  })
}

/** Renews all epochs unconditionally: for restores that keep timeline, cluster and tables. */
export async function renewEpochs(client: IdentityClient): Promise<number> {
  await requirePrimary(client)
  const rights = await readRights(client)
  return inRenewal(client, async () => {
    const { rowCount } = await client.query(RENEW)
    const { actual } = await read(client, rights)
    await store(client, actual, undefined)
    return rowCount ?? 0
  })
}

/** Epochs are random below this (`newEpoch` in seed.ts). */
const RENEW = `UPDATE topics SET epoch = 1 + floor(random() * 1099511627775)::bigint,
  version = floor(random() * 9007199254740991)::bigint`

/** `incarnation`: the one to keep. Undefined creates a new one. */
async function store(
  client: IdentityClient,
  { system, timeline, databaseOid, tableOid }: DatabaseIdentity,
  incarnation: string | undefined,
): Promise<string> {
  const { rows } = await client.query<{ incarnation: string }>(
    `INSERT INTO history_identity (id, incarnation, system, timeline, database_oid, table_oid, renewed_at)
    VALUES (1, coalesce($1, gen_random_uuid()::text), $2, $3, $4, $5, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET incarnation = excluded.incarnation, system = excluded.system,
      timeline = excluded.timeline, database_oid = excluded.database_oid, table_oid = excluded.table_oid,
      renewed_at = excluded.renewed_at
    RETURNING incarnation`,
    [incarnation ?? null, system, timeline, databaseOid, tableOid],
  )
  return rows[0]?.incarnation ?? ''
}

/** Other nodes wait while one renews. */
const RENEWAL_LOCK = 7_203_116
/** Renewing a million topics takes seconds. */
export const RENEWAL_TIMEOUT_MS = 10 * 60 * 1000

async function inRenewal<Result>(client: IdentityClient, act: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    await client.query(`SET LOCAL statement_timeout = ${RENEWAL_TIMEOUT_MS}; SET LOCAL lock_timeout = 0`)
    await client.query(within(RENEWAL_TIMEOUT_MS, `SELECT pg_advisory_xact_lock(${RENEWAL_LOCK})`))
    // Commands lock rows by name order, so locking the whole table first cannot deadlock with them. Reads continue.
    await client.query(within(RENEWAL_TIMEOUT_MS, 'LOCK TABLE topics IN EXCLUSIVE MODE'))
    const result = await act()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}
