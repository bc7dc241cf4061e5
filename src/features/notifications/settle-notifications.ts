import { type AddressedDraft, appendToTopics, lockTopics } from '../../engine/history/append.ts'
import type { Entry } from '../../engine/history/entry.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { formatInstant, type Instant } from '../../engine/kernel/instant.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import type { ReadMark } from '../messages/hooks.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { NotificationId } from './ids.ts'
import type { Withdrawal } from './rules/message.ts'
import { notificationsTopic } from './topics.ts'

/** The notifications that follow from a message, as long as they are unread. */
const OF_MESSAGE = "read_at IS NULL AND kind IN ('MENTION', 'DIRECT_MESSAGE')"

interface Holder {
  readonly user: UserId
}

/** The change in one user's notifications, and the number unread afterwards. */
interface Settled extends Holder {
  readonly ids: readonly NotificationId[]
  readonly unread: string
}

const HOLDERS_OF_WITHDRAWN = statement<Holder>(
  'holders_of_withdrawn',
  `SELECT DISTINCT user_id AS "user"
  FROM json_to_recordset($1::json) AS gone("messageId" text, kept text[])
    JOIN notifications ON subject_id = "messageId" AND ${OF_MESSAGE} AND user_id <> ALL (kept)`,
)

/** The users with an unread notification that one of `withdrawals` withdraws. */
export async function findHolders(
  tx: Transaction,
  withdrawals: readonly Withdrawal[],
): Promise<readonly UserId[]> {
  if (withdrawals.length === 0) return []
  const rows = await HOLDERS_OF_WITHDRAWN(tx, JSON.stringify(withdrawals))
  return rows.map(({ user }) => user)
}

// The subquery sees the table as of before the statement, where the rows this statement changes are still unread.
const UNREAD = `(SELECT count(*) FROM notifications AS each WHERE each.user_id = settled.user_id AND each.read_at IS NULL)
    - count(*) AS unread`

const WITHDRAW = statement<Settled>(
  'withdraw_notifications',
  `WITH settled AS (
    DELETE FROM notifications USING json_to_recordset($1::json) AS gone("messageId" text, kept text[])
    WHERE subject_id = "messageId" AND ${OF_MESSAGE} AND user_id <> ALL (kept) AND user_id = ANY ($2::text[])
    RETURNING id, user_id, "offset")
  SELECT user_id AS "user", json_agg(id ORDER BY "offset") AS ids, ${UNREAD} FROM settled GROUP BY user_id`,
)

/** Deletes what `withdrawals` withdraw from `holders`, whose topics are locked. Returns the entries. */
export async function withdrawNotifications(
  tx: Transaction,
  withdrawals: readonly Withdrawal[],
  holders: readonly UserId[],
  now: Instant,
): Promise<readonly Entry[]> {
  if (holders.length === 0) return []
  const settled = await WITHDRAW(tx, JSON.stringify(withdrawals), holders)
  return appendToTopics(
    tx,
    settled.map((each) => draftOf('NotificationsWithdrawn', each)),
    now,
  )
}

const PASSED = `json_to_recordset($1::json) AS mark("userId" text, "readThrough" bigint), messages
    WHERE notifications.user_id = mark."userId" AND ${OF_MESSAGE}
      AND messages.id = subject_id AND messages.room_id = $2 AND messages."offset" <= mark."readThrough"`

const HOLDERS_OF_PASSED = statement<Holder>(
  'holders_of_passed',
  `SELECT DISTINCT notifications.user_id AS "user" FROM notifications, ${PASSED}`,
)

const READ_PASSED = statement<Settled>(
  'read_passed_notifications',
  `WITH settled AS (
    UPDATE notifications SET read_at = $3::timestamptz FROM ${PASSED}
    RETURNING notifications.id, notifications.user_id, notifications."offset")
  SELECT user_id AS "user", json_agg(id ORDER BY "offset") AS ids, ${UNREAD} FROM settled GROUP BY user_id`,
)

/** Marks notifications as read if their messages have been read. Returns the entries. */
export async function readPassedNotifications(
  tx: Transaction,
  roomId: RoomId,
  marks: readonly ReadMark[],
  now: Instant,
): Promise<readonly Entry[]> {
  if (marks.length === 0) return []
  const given = JSON.stringify(marks)
  const holders = await HOLDERS_OF_PASSED(tx, given, roomId)
  if (holders.length === 0) return []
  await lockTopics(
    tx,
    holders.map(({ user }) => notificationsTopic(user)),
  )
  const settled = await READ_PASSED(tx, given, roomId, formatInstant(now))
  const drafts = settled.map((each) => ({ ...draftOf('NotificationsRead', each), actorId: each.user }))
  return appendToTopics(tx, drafts, now)
}

function draftOf(type: string, { user, ids, unread }: Settled): AddressedDraft {
  return { topic: notificationsTopic(user), type, data: { ids, unreadCount: Number(unread) } }
}
