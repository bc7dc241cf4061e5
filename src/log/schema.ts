import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  json,
  numeric,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Audience, Severity } from '../domain/announcement/announcement.ts'
import type {
  AuctionPhase,
  AuctionStanding,
  AuctionTerms,
  BidKind,
  Ceiling,
} from '../domain/auction/auction.ts'
import type { Following } from '../domain/notification/following.ts'
import type { NotificationKind } from '../domain/notification/notification.ts'
import type { Person } from '../domain/person.ts'
import type { PackedStanding } from '../domain/ranking/packed.ts'
import type {
  MemberRole,
  Membership,
  RankingMethod,
  RoomKind,
  RoomPhase,
  RoomVisibility,
  TradeDisclosure,
} from '../domain/room/room.ts'
import type { StatusKind } from '../domain/status/status.ts'
import type { OrderSide, OrderStatus, OrderType } from '../domain/trade/order.ts'
import type { VoidReason } from '../domain/void-reason.ts'
import type { TransferKind } from '../domain/wallet/wallet.ts'
import type { Amount } from '../kernel/amount.ts'
import type {
  AnnouncementId,
  AuctionId,
  BidId,
  LeaderboardArchiveId,
  MessageId,
  NotificationId,
  OrderId,
  RoomId,
  UserId,
} from '../kernel/id.ts'
import { asOffset, type Epoch, type Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { instantColumn } from './instant-column.ts'

/** One row a topic: its row lock orders the commits of a topic, its head is the last offset given. */
export const topics = pgTable('topics', {
  topic: text().$type<Topic>().primaryKey(),
  epoch: bigint({ mode: 'number' }).$type<Epoch>().notNull(),
  head: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  /** Entries up to and including this offset are gone. */
  floor: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  /** When the last batch was written: entries of one topic never go back in time. */
  writtenAt: instantColumn('written_at').notNull(),
  /** Random, and another after each write: see `TOPIC_VERSION`. */
  version: bigint({ mode: 'number' }).notNull().default(0),
})

/** One row: the database that wrote the history last (`identity.ts`). A copy that runs elsewhere differs from it. */
export const historyIdentity = pgTable(
  'history_identity',
  {
    id: integer().primaryKey(),
    /** Random; a new one whenever all epochs were renewed. */
    incarnation: text().notNull(),
    system: text(),
    timeline: text(),
    databaseOid: text('database_oid').notNull(),
    tableOid: text('table_oid').notNull(),
    renewedAt: instantColumn('renewed_at').notNull(),
  },
  (t) => [check('history_identity_one_row', sql`${t.id} = 1`)],
)

/**
 * The history itself, append-only but for one exception: `eraseMessages` takes the content out of messages that were
 * deleted. `data` is what the family's source presents.
 */
export const entries = pgTable(
  'entries',
  {
    topic: text().$type<Topic>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    at: instantColumn('at').notNull(),
    type: text().notNull(),
    data: json().$type<object>().notNull(),
    /** Who gave the command; null where the server itself did. */
    actorId: text('actor_id').$type<UserId>(),
  },
  (t) => [
    primaryKey({ columns: [t.topic, t.offset] }),
    index('entries_at').on(t.at),
    /** For erasing all versions of a message. */
    index('entries_edited').on(t.topic, t.offset).where(sql`type = 'MessageEdited'`),
  ],
)

/** What a caller's key has done, written in the transaction of its effect. */
export const idempotency = pgTable(
  'idempotency',
  {
    caller: text().notNull(),
    key: text().notNull(),
    /** A hash of the whole input: the same key with another input is refused. */
    fingerprint: text().notNull(),
    topic: text().$type<Topic>().notNull(),
    epoch: bigint({ mode: 'number' }).$type<Epoch>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    reply: json().$type<object>().notNull(),
    at: instantColumn('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.caller, t.key] }), index('idempotency_at').on(t.at)],
)

/** Everyone ever seen with a valid token, or named by someone who may. */
export const users = pgTable('users', {
  id: text().$type<UserId>().primaryKey(),
  name: text().notNull(),
})

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
    /** Of a TRADE room's amounts. */
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
 * When what a user may see of a room's topics changed last, by a change of their membership or role; `EVERYBODY` where that
 * was the room's visibility. Triggers write it (migration 0013), also for nodes of older versions. No row: not since then.
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

export const messages = pgTable(
  'messages',
  {
    id: text().$type<MessageId>().primaryKey(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    authorId: text('author_id').$type<UserId>().notNull(),
    authorName: text('author_name').notNull(),
    clientMessageId: text('client_message_id').notNull(),
    /** What a retry with the same clientMessageId is compared with; stays when the body is edited or deleted. */
    fingerprint: text().notNull(),
    body: text(),
    mentions: json().$type<readonly Person[]>().notNull(),
    replyToId: text('reply_to_id').$type<MessageId>(),
    sentAt: instantColumn('sent_at').notNull(),
    editedAt: instantColumn('edited_at'),
    deletedAt: instantColumn('deleted_at'),
  },
  (t) => [
    uniqueIndex('messages_history').on(t.roomId, t.offset),
    uniqueIndex('messages_client_id').on(t.roomId, t.authorId, t.clientMessageId),
  ],
)

export const auctions = pgTable(
  'auctions',
  {
    id: text().$type<AuctionId>().primaryKey(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    createdAt: instantColumn('created_at').notNull(),
    /** Repeats `standing.phase`, for lists. */
    phase: text().$type<AuctionPhase>().notNull(),
    terms: json().$type<AuctionTerms>().notNull(),
    standing: json().$type<AuctionStanding>().notNull(),
    leading: json().$type<Ceiling>(),
    commandCount: integer('command_count').notNull(),
    pausedAt: instantColumn('paused_at'),
    pausedByRoom: boolean('paused_by_room').notNull().default(false),
    pausedMs: bigint('paused_ms', { mode: 'number' }).notNull(),
    /**
     * Kind and visibility of its room, for lists: as `ROOM_ACCESS` shows them. Triggers write it (migration 0010): also for
     * nodes of older versions, and in the transaction that changes the room.
     */
    roomAccess: text('room_access').notNull().default('AUCTION PUBLIC'),
  },
  (t) => [
    index('auctions_visible').on(t.roomAccess, t.phase, t.createdAt, t.id),
    index('auctions_listing').on(t.createdAt, t.id),
    index('auctions_of_room').on(t.roomId, t.createdAt, t.id),
    index('auctions_open').on(t.roomId).where(sql`phase IN ('SCHEDULED', 'LIVE', 'PAUSED')`),
  ],
)

/** Visible bids. */
export const bids = pgTable(
  'bids',
  {
    id: text().$type<BidId>().primaryKey(),
    auctionId: text('auction_id').$type<AuctionId>().notNull(),
    sequence: integer().notNull(),
    bidderId: text('bidder_id').$type<UserId>().notNull(),
    bidderName: text('bidder_name').notNull(),
    amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    kind: text().$type<BidKind>().notNull(),
    placedAt: instantColumn('placed_at').notNull(),
    voidedAt: instantColumn('voided_at'),
    /** Null while it stands, and of bids that nodes without this column voided: those are MODERATED. */
    voidReason: text('void_reason').$type<VoidReason>(),
  },
  (t) => [
    uniqueIndex('bids_history').on(t.auctionId, t.sequence),
    index('bids_of_bidder').on(t.auctionId, t.bidderId, t.amount),
  ],
)

/** Every accepted bidding command, in order of acceptance: its bidder's ceiling from then on. Append-only. */
export const ceilings = pgTable(
  'ceilings',
  {
    auctionId: text('auction_id').$type<AuctionId>().notNull(),
    sequence: integer().notNull(),
    bidderId: text('bidder_id').$type<UserId>().notNull(),
    bidderName: text('bidder_name').notNull(),
    maximum: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    /** What was asked for: an exact amount, a maximum, or the buy-now price. */
    offerKind: text('offer_kind').$type<'amount' | 'maximum'>().notNull(),
    offer: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    /** The first visible bid that it made; null where it made none. Voiding a bid voids its command. */
    bidId: text('bid_id').$type<BidId>(),
    voidedAt: instantColumn('voided_at'),
    voidReason: text('void_reason'),
    voidedBy: text('voided_by').$type<UserId>(),
    at: instantColumn('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.auctionId, t.sequence] }),
    index('ceilings_of_bidder').on(t.auctionId, t.bidderId, t.sequence),
  ],
)

export const announcements = pgTable(
  'announcements',
  {
    id: text().$type<AnnouncementId>().primaryKey(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    audience: text().$type<Audience>().notNull(),
    roomId: text('room_id').$type<RoomId>(),
    severity: text().$type<Severity>().notNull(),
    title: text().notNull(),
    body: text().notNull(),
    publishedAt: instantColumn('published_at').notNull(),
    expiresAt: instantColumn('expires_at'),
    retractedAt: instantColumn('retracted_at'),
  },
  (t) => [uniqueIndex('announcements_history').on(t.offset)],
)

/** What each user has, by currency; `held` of it is promised to auctions. Follows from `transfers`. */
export const wallets = pgTable(
  'wallets',
  {
    userId: text('user_id').$type<UserId>().notNull(),
    currency: text().notNull(),
    balance: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    held: bigint({ mode: 'number' }).$type<Amount>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.currency] }),
    check('wallets_cover_their_holds', sql`${t.held} >= 0 AND ${t.balance} >= ${t.held}`),
  ],
)

/**
 * How much of each currency there is over all wallets. None of them holds less than nothing, so that while this is an amount
 * all balances are, whatever auctions move between them.
 */
export const issued = pgTable('issued', {
  currency: text().primaryKey(),
  amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
})

/** What a funded auction's leader has promised: at most one hold a bidder and auction. */
export const holds = pgTable(
  'holds',
  {
    auctionId: text('auction_id').$type<AuctionId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    currency: text().notNull(),
    amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.auctionId, t.userId] }), index('holds_of_user').on(t.userId, t.currency)],
)

/**
 * The ledger, append-only and double-entry: each row takes `amount` from one account and gives it to another. Accounts
 * are `house`, `available:USER` and `held:USER`.
 */
export const transfers = pgTable(
  'transfers',
  {
    sequence: bigserial({ mode: 'number' }).primaryKey(),
    kind: text().$type<TransferKind>().notNull(),
    currency: text().notNull(),
    amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    debit: text().notNull(),
    credit: text().notNull(),
    /** The auction that caused it, and how many entries its history had right after the command. */
    auctionId: text('auction_id').$type<AuctionId>(),
    offset: bigint({ mode: 'number' }).$type<Offset>(),
    at: instantColumn('at').notNull(),
    actorId: text('actor_id').$type<UserId>(),
  },
  (t) => [
    index('transfers_of_auction').on(t.auctionId, t.sequence),
    check('transfers_move_something', sql`${t.amount} > 0 AND ${t.debit} <> ${t.credit}`),
  ],
)

/** Who stands where: an auction's bidders by their highest visible bid. */
export const standings = pgTable(
  'standings',
  {
    /** The leaderboard's topic. */
    board: text().$type<Topic>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    score: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    reachedAt: instantColumn('reached_at').notNull(),
    /** Among equal scores the lower got there first. */
    reached: bigint({ mode: 'number' }).notNull(),
    previousRank: integer('previous_rank'),
  },
  (t) => [
    primaryKey({ columns: [t.board, t.userId] }),
    index('standings_order').on(t.board, t.score.desc(), t.reached),
  ],
)

/** Immutable copies of rooms' leaderboards. */
export const leaderboardArchives = pgTable(
  'leaderboard_archives',
  {
    id: text().$type<LeaderboardArchiveId>().primaryKey(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    method: text().$type<RankingMethod>().notNull(),
    takenAt: instantColumn('taken_at').notNull(),
    standings: json().$type<readonly PackedStanding[]>().notNull(),
  },
  (t) => [index('leaderboard_archives_of_room').on(t.roomId, t.takenAt)],
)

/** Orders as services reported them. */
export const orders = pgTable(
  'orders',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    id: text().$type<OrderId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    symbol: text().notNull(),
    side: text().$type<OrderSide>().notNull(),
    type: text().$type<OrderType>().notNull(),
    status: text().$type<OrderStatus>().notNull(),
    quantity: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    filledQuantity: bigint('filled_quantity', { mode: 'number' }).$type<Amount>().notNull(),
    leavesQuantity: bigint('leaves_quantity', { mode: 'number' }).$type<Amount>().notNull(),
    limitPrice: bigint('limit_price', { mode: 'number' }).$type<Amount>(),
    /** The sum of quantity times price over all fills, exact: it may pass what a JavaScript number holds. */
    filledCost: numeric('filled_cost', { mode: 'bigint' }).notNull(),
    rejectionReason: text('rejection_reason'),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.roomId] }),
    index('orders_of_user').on(t.roomId, t.userId),
    index('orders_latest').on(t.roomId, t.updatedAt),
    index('orders_open').on(t.roomId, t.updatedAt).where(sql`status IN ('NEW', 'PARTIALLY_FILLED')`),
  ],
)

/** Reports by their executionId: what a repeated one is compared with, and where its entry stands. */
export const executions = pgTable(
  'executions',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    id: text().notNull(),
    orderId: text('order_id').$type<OrderId>().notNull(),
    fingerprint: text().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.id] })],
)

export const positions = pgTable(
  'positions',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    symbol: text().notNull(),
    /** Negative where short. */
    quantity: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    /** What the quantity cost in all, exact; never negative. Null where nobody knows. */
    cost: numeric({ mode: 'bigint' }),
    markPrice: bigint('mark_price', { mode: 'number' }).$type<Amount>(),
    realizedPnl: bigint('realized_pnl', { mode: 'number' }).$type<Amount>().notNull(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.userId, t.symbol] })],
)

export const portfolios = pgTable(
  'portfolios',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    cash: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    equity: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    realizedPnl: bigint('realized_pnl', { mode: 'number' }).$type<Amount>().notNull(),
    unrealizedPnl: bigint('unrealized_pnl', { mode: 'number' }).$type<Amount>().notNull(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.userId] })],
)

/** The latest state of each subject. */
export const statuses = pgTable(
  'statuses',
  {
    kind: text().$type<StatusKind>().notNull(),
    subjectId: text('subject_id').notNull(),
    state: text().notNull(),
    progress: doublePrecision(),
    data: json(),
    /** Whose alone it is; null: anyone's who is signed in. */
    userId: text('user_id').$type<UserId>(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind, t.subjectId] })],
)

/**
 * The `reportedAt` of the latest report accepted for each subject of a topic; of a report without one, when it arrived.
 * Older reports are stale. Subjects that nothing was reported of since this table exists have no row.
 */
export const reportTimes = pgTable(
  'report_times',
  {
    topic: text().$type<Topic>().notNull(),
    subject: text().notNull(),
    reportedAt: instantColumn('reported_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.topic, t.subject] })],
)

/** Notifications on their way to the webhook. A row goes when it was taken, or is not needed any more. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    notificationId: text('notification_id').$type<NotificationId>().primaryKey(),
    userId: text('user_id').$type<UserId>().notNull(),
    createdAt: instantColumn('created_at').notNull(),
    /** When to try next; null: given up. */
    dueAt: instantColumn('due_at'),
    attempts: integer().notNull(),
    /** Why the last attempt failed. */
    problem: text(),
  },
  (t) => [index('webhook_deliveries_due').on(t.dueAt)],
)

/** Private to one user. */
export const notifications = pgTable(
  'notifications',
  {
    id: text().$type<NotificationId>().primaryKey(),
    userId: text('user_id').$type<UserId>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    kind: text().$type<NotificationKind>().notNull(),
    title: text().notNull(),
    body: text().notNull(),
    subjectId: text('subject_id'),
    data: json(),
    createdAt: instantColumn('created_at').notNull(),
    readAt: instantColumn('read_at'),
  },
  (t) => [
    uniqueIndex('notifications_history').on(t.userId, t.offset),
    index('notifications_unread').on(t.userId, t.offset).where(sql`read_at IS NULL`),
    index('notifications_read').on(t.readAt).where(sql`read_at IS NOT NULL`),
    /** For those that a change of a message withdraws. */
    index('notifications_of_message')
      .on(t.subjectId)
      .where(sql`read_at IS NULL AND kind IN ('MENTION', 'DIRECT_MESSAGE')`),
  ],
)

/** Users whose tokens, as far as they were issued until then, are refused. */
export const revocations = pgTable('revocations', {
  userId: text('user_id').$type<UserId>().primaryKey(),
  revokedAt: instantColumn('revoked_at').notNull(),
  reason: text().notNull(),
  revokedBy: text('revoked_by').$type<UserId>(),
})

/** How far the consequences of a topic's entries were drawn, and what drawing the next ones needs to know. */
export const followers = pgTable('followers', {
  topic: text().$type<Topic>().primaryKey(),
  position: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  state: json().$type<Following>().notNull(),
})

/** When the server must look at a topic of its own accord: the next opening, closing or end. */
export const deadlines = pgTable(
  'deadlines',
  {
    topic: text().$type<Topic>().primaryKey(),
    dueAt: instantColumn('due_at').notNull(),
  },
  (t) => [index('deadlines_due').on(t.dueAt)],
)
