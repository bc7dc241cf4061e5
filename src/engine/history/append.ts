import type { UserId } from '../kernel/id.ts'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'
import { advance, asEpoch, asOffset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { allSettled } from '../storage/all-settled.ts'
import type { Transaction } from '../storage/database.ts'
import { statement } from '../storage/statement.ts'
import { beginTopics } from './begin-topics.ts'
import type { Entry } from './entry.ts'
import { NEW_TOPIC_VERSION } from './topic-version.ts'

/** An entry to be appended. */
export interface Draft {
  readonly type: string
  readonly data: object
  /** The issuer of the command, if it differs among the entries appended together. */
  readonly actorId?: UserId | null
}

const APPEND = statement<{ epoch: string; head: string; at: number }>(
  'append',
  `WITH moved AS (
    UPDATE topics SET head = head + $2::bigint, written_at = greatest(written_at, $3::timestamptz), ${NEW_TOPIC_VERSION}
    WHERE topic = $1 RETURNING epoch, head, written_at),
  written AS (
    INSERT INTO entries (topic, "offset", at, type, data, actor_id)
    SELECT $1, head - $2::bigint + n, written_at, type, data, actor
    FROM moved, json_to_recordset($4::json) AS row(n int, type text, data json, actor text))
  SELECT epoch, head, (extract(epoch FROM written_at) * 1000)::float8 AS at FROM moved`,
)

/**
 * Appends `drafts` to an existing topic under its row lock, which lasts until the transaction ends. Append to several
 * topics in alphabetical order. The entries carry the time `now`, or that of the topic's last write if it is later.
 */
export async function appendEntries(
  tx: Transaction,
  topic: Topic,
  drafts: readonly Draft[],
  now: Instant,
  actorId: UserId | null,
): Promise<readonly Entry[]> {
  if (drafts.length === 0) return []
  const lines = drafts.map(({ type, data, actorId: own }, index) => {
    return { n: index + 1, type, data, actor: own === undefined ? actorId : own }
  })
  const [row] = await APPEND(tx, topic, drafts.length, formatInstant(now), JSON.stringify(lines))
  if (row === undefined) throw new RangeError(`topic ${topic} has not begun`)
  const before = asOffset(Number(row.head) - drafts.length)
  const epoch = asEpoch(Number(row.epoch))
  const at = instant(row.at)
  return drafts.map(({ type, data }, index) => {
    return { topic, epoch, offset: advance(before, index + 1), at, type, data }
  })
}

/** An entry to be appended to a topic that it names. */
export interface AddressedDraft extends Draft {
  readonly topic: Topic
}

const LOCK = statement(
  'lock_for_append',
  'SELECT FROM topics WHERE topic = ANY($1::text[]) ORDER BY topic FOR UPDATE',
)

const APPEND_TO_TOPICS = statement<{ epoch: string; offset: string; at: number }>(
  'append_to_topics',
  `WITH draft AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY topic ORDER BY n) AS place
    FROM json_to_recordset($1::json) AS row(n int, topic text, type text, data json, actor text)),
  moved AS (
    UPDATE topics SET head = head + more, written_at = greatest(written_at, $2::timestamptz), ${NEW_TOPIC_VERSION}
    FROM (SELECT topic, count(*) AS more FROM draft GROUP BY topic) AS counted
    WHERE topics.topic = counted.topic RETURNING topics.topic, epoch, head - more AS before, written_at),
  written AS (
    INSERT INTO entries (topic, "offset", at, type, data, actor_id)
    SELECT topic, before + place, written_at, type, data, actor FROM draft JOIN moved USING (topic))
  SELECT epoch, before + place AS "offset", (extract(epoch FROM written_at) * 1000)::float8 AS at
  FROM draft JOIN moved USING (topic) ORDER BY n`,
)

/**
 * Locks `topics` until the transaction ends, in alphabetical order, so that transactions that lock this way cannot
 * deadlock. Creates missing topics.
 */
export async function lockTopics(tx: Transaction, topics: readonly Topic[]): Promise<void> {
  const ordered = [...new Set(topics)].sort()
  await allSettled([beginTopics(tx, ordered), LOCK(tx, ordered)])
}

/**
 * Appends to any number of topics, each in the order of `drafts`, and returns the entries in that order. Missing topics
 * are created. All are locked in alphabetical order until the transaction ends.
 */
export async function appendToTopics(
  tx: Transaction,
  drafts: readonly AddressedDraft[],
  now: Instant,
): Promise<readonly Entry[]> {
  if (drafts.length === 0) return []
  const lines = drafts.map(({ topic, type, data, actorId }, index) => {
    return { n: index, topic, type, data, actor: actorId ?? null }
  })
  const [, rows] = await allSettled([
    lockTopics(
      tx,
      drafts.map(({ topic }) => topic),
    ),
    APPEND_TO_TOPICS(tx, JSON.stringify(lines), formatInstant(now)),
  ])
  return rows.map(({ epoch, offset, at }, index) => {
    const draft = drafts[index]
    if (draft === undefined) throw new RangeError('every draft becomes one entry')
    const { topic, type, data } = draft
    return {
      topic,
      epoch: asEpoch(Number(epoch)),
      offset: asOffset(Number(offset)),
      at: instant(at),
      type,
      data,
    }
  })
}
