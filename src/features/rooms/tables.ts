import { bigint, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Person } from '../../engine/kernel/person.ts'
import { asOffset, type Offset } from '../../engine/kernel/position.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { RoomId } from './ids.ts'
import type {
  MemberRole,
  Membership,
  RankingMethod,
  RoomKind,
  RoomPhase,
  RoomVisibility,
  TradeDisclosure,
} from './rules/room.ts'

export const rooms = pgTable(
  'rooms',
  {
    id: text().$type<RoomId>().primaryKey(),
    name: text().notNull(),
    kind: text().$type<RoomKind>().notNull(),
    visibility: text().$type<RoomVisibility>().notNull(),
    phase: text().$type<RoomPhase>().notNull(),
    phaseSince: instantColumn('phase_since'),
    owner: json().$type<Person>(),
    createdAt: instantColumn('created_at').notNull(),
    startsAt: instantColumn('starts_at'),
    endsAt: instantColumn('ends_at'),
    startedAt: instantColumn('started_at'),
    endedAt: instantColumn('ended_at'),
    memberCount: integer('member_count').notNull(),
    ranking: text().$type<RankingMethod>().notNull(),
    disclosure: text().$type<TradeDisclosure>().notNull(),
    /** The currency of a TRADE room's amounts. */
    currency: text(),
    currencyExponent: integer('currency_exponent'),
  },
  (t) => [
    index('rooms_listing').on(t.createdAt, t.id),
    index('rooms_open').on(t.kind, t.visibility, t.createdAt, t.id),
  ],
)

export const members = pgTable(
  'members',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    status: text().$type<Membership['status']>().notNull(),
    role: text().$type<MemberRole>().notNull(),
    joinedAt: instantColumn('joined_at').notNull(),
    mutedUntil: instantColumn('muted_until'),
    /** Watermarks: up to and including these offsets of the room's messages. */
    deliveredThrough: bigint('delivered_through', { mode: 'number' })
      .$type<Offset>()
      .notNull()
      .default(asOffset(0)),
    readThrough: bigint('read_through', { mode: 'number' }).$type<Offset>().notNull().default(asOffset(0)),
  },
  (t) => [
    primaryKey({ columns: [t.roomId, t.userId] }),
    index('members_of_user').on(t.userId, t.roomId),
    index('members_listing').on(t.roomId, t.joinedAt, t.userId),
  ],
)

/**
 * When a user's view of a room's topics last changed through their membership or role; `EVERYBODY` for changes of the
 * room's visibility. Written by triggers (migration 0013), also for nodes of older versions. No row: unchanged since
 * then.
 */
export const rightsChanges = pgTable(
  'rights_changes',
  {
    userId: text('user_id').$type<UserId | typeof EVERYBODY>().notNull(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    changedAt: instantColumn('changed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.roomId] })],
)

/** No user has this id. */
export const EVERYBODY = ''
