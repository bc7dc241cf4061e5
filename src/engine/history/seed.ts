import { randomInt } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { RoomVisibility } from '../../features/rooms/rules/room.ts'
import { STATUS_KINDS } from '../../features/statuses/rules/status.ts'
import { asRoomId } from '../kernel/id.ts'
import { asEpoch, type Epoch } from '../kernel/position.ts'
import {
  announcementsTopic,
  messagesTopic,
  revocationsTopic,
  roomLeaderboardTopic,
  roomTopic,
  statusesTopic,
  type Topic,
} from '../kernel/topic.ts'
import type { Executor } from '../storage/database.ts'
import { statement } from '../storage/statement.ts'

const DEFAULT_ROOMS: readonly (readonly [string, RoomVisibility])[] = [
  ['global', 'PUBLIC'],
  ['authenticated', 'AUTHENTICATED'],
  ['admin', 'ADMIN'],
]
const MAX_EPOCH = 2 ** 40

/** A new name for a history: random, so that a restored or replaced one is not taken for the old. */
export function newEpoch(): Epoch {
  return asEpoch(randomInt(1, MAX_EPOCH))
}

const BEGIN = statement(
  'begin_topics',
  `INSERT INTO topics (topic, epoch, head, floor, written_at)
  SELECT topic, epoch, 0, 0, clock_timestamp() FROM unnest($1::text[], $2::bigint[]) AS begun(topic, epoch)
  ON CONFLICT DO NOTHING`,
)

/** Begins the histories of `topics`, empty; one that has begun already stays as it is. */
export async function beginTopics(executor: Executor, topics: readonly Topic[]): Promise<void> {
  if (topics.length > 0) await BEGIN(executor, topics, topics.map(newEpoch))
}

/** The topics that exist from the first start. */
const FIRST_TOPICS: readonly Topic[] = [
  announcementsTopic,
  revocationsTopic,
  ...STATUS_KINDS.map(statusesTopic),
  ...DEFAULT_ROOMS.flatMap(([name]) => {
    const id = asRoomId(name)
    return [roomTopic(id), messagesTopic(id), roomLeaderboardTopic(id)]
  }),
]

/** Whether all that `seed` makes is there. Only reads. */
export async function isSeeded(executor: Executor): Promise<boolean> {
  const names = DEFAULT_ROOMS.map(([name]) => name)
  const { rows } = await executor.execute<{ topics: number; rooms: number }>(sql`
    SELECT (SELECT count(*)::int FROM topics WHERE topic IN ${FIRST_TOPICS}) AS topics,
      (SELECT count(*)::int FROM rooms WHERE id IN ${names}) AS rooms`)
  return rows[0]?.topics === FIRST_TOPICS.length && rows[0].rooms === names.length
}

/** What exists from the first start: three rooms and their topics, announcements, revocations, statuses. Idempotent. */
export async function seed(executor: Executor): Promise<void> {
  await beginTopics(executor, FIRST_TOPICS)
  for (const [name, visibility] of DEFAULT_ROOMS) {
    await executor.execute(sql`
      INSERT INTO rooms (id, name, kind, visibility, phase, created_at, started_at, member_count, ranking, disclosure)
      VALUES (${name}, ${name}, 'LOBBY', ${visibility}, 'LIVE', clock_timestamp(), clock_timestamp(), 0, 'STANDARD', 'OWN')
      ON CONFLICT DO NOTHING`)
  }
}
