import type {
  CurrentPlan,
  Guard,
  HistoryPlan,
  LatestPlan,
  ListPlan,
  PulsePlan,
} from '../engine/hub/source.ts'
import { SYSTEM } from '../engine/kernel/actor.ts'
import { type AuctionId, asAuctionId, asRoomId, type RoomId } from '../engine/kernel/id.ts'
import {
  announcementsTopic,
  auctionLeaderboardTopic,
  auctionTopic,
  messagesTopic,
  notificationsTopic,
  ordersTopic,
  positionsTopic,
  roomLeaderboardTopic,
  roomTopic,
  statusesTopic,
  type Topic,
} from '../engine/kernel/topic.ts'
import { isInRoom, seesItem } from '../features/auctions/list-source.ts'
import { readAuction } from '../features/auctions/reads/auctions.ts'
import { beginLeaderboard } from '../features/leaderboards/begin-leaderboard.ts'
import { readInbox } from '../features/notifications/reads/notifications.ts'
import { isMemberData } from '../features/rooms/source.ts'
import { beginTrading } from '../features/trading/begin-trading.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import { badUserInput, notFound } from './errors.ts'
import { signedIn } from './signed-in.ts'
import { type StatusesArgs, subjectsOf } from './statuses.ts'
import { auctionOfRecord } from './views.ts'

interface AfterArgs {
  readonly after?: string | null | undefined
}

interface PeriodArgs {
  readonly everyMs?: number | null | undefined
}

interface AuctionArgs {
  readonly auctionId: string
}

interface RoomArgs {
  readonly roomId: string
}

interface LeaderboardArgs extends AfterArgs {
  readonly roomId?: string | null | undefined
  readonly auctionId?: string | null | undefined
}

const MIN_PERIOD_MS = 100
const MAX_PERIOD_MS = 60_000
const AUCTION_STATE_PERIOD_MS = 250
const AUCTION_UPDATES_PERIOD_MS = 1_000
const SERVER_TIME_PERIOD_MS = 1_000
const PRESENCE_PERIOD_MS = 500

export async function bidsPlan(args: AuctionArgs & AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { id, guard } = await auctionFor(context, args)
  const { auction: source } = context.services.sources
  return { kind: 'history', topic: auctionTopic(id), source, guard, after: args.after ?? null }
}

export async function auctionStatePlan(
  args: AuctionArgs & PeriodArgs,
  context: CallContext,
): Promise<LatestPlan> {
  const everyMs = periodOf(args, AUCTION_STATE_PERIOD_MS)
  const { id, guard } = await auctionFor(context, args)
  const { database, sources } = context.services
  return {
    kind: 'latest',
    topic: auctionTopic(id),
    everyMs,
    guard,
    async read() {
      const record = await readAuction(database, id, SYSTEM)
      if (record === undefined) throw new Error(`auction ${id} is gone`)
      return { offset: record.head.position.offset, value: auctionOfRecord(record) }
    },
    fromEntry: (entry) => sources.auction.auctionAfter(entry),
  }
}

/** Throws NOT_FOUND where a room is asked for that the caller may not see. Of all rooms, what is not for them is left out. */
export async function auctionUpdatesPlan(
  args: { readonly roomId?: string | null | undefined } & PeriodArgs,
  context: CallContext,
): Promise<ListPlan> {
  const everyMs = periodOf(args, AUCTION_UPDATES_PERIOD_MS)
  const room = args.roomId ? await roomFor(context, { roomId: args.roomId }) : undefined
  const { auctionList: source } = context.services.sources
  const lists: ListPlan['lists'] = (item) => room === undefined || isInRoom(item, room.id)
  return { kind: 'list', guard: room?.guard, everyMs, source, lists, sees: seesItem }
}

/** A board of an auction or of a room; of neither and of both there is none. */
export async function leaderboardPlan(args: LeaderboardArgs, context: CallContext): Promise<HistoryPlan> {
  const { topic, guard } = await boardFor(context, args)
  const { database, sources } = context.services
  // One may be older than leaderboards are.
  await beginLeaderboard(database, topic)
  return { kind: 'history', topic, source: sources.leaderboard, guard, after: args.after ?? null }
}

export async function messagesPlan(args: RoomArgs & AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { id, guard } = await roomFor(context, args)
  const { messages: source } = context.services.sources
  return { kind: 'history', topic: messagesTopic(id), source, guard, after: args.after ?? null }
}

export async function roomStatePlan(args: RoomArgs & AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { id, guard } = await roomFor(context, args)
  const { room: source } = context.services.sources
  return { kind: 'history', topic: roomTopic(id), source, guard, after: args.after ?? null }
}

export async function presencePlan(args: RoomArgs, context: CallContext): Promise<CurrentPlan> {
  const { id, guard } = await roomFor(context, args)
  const subject = context.services.presence.roster(id)
  return { kind: 'current', guard, everyMs: PRESENCE_PERIOD_MS, subject }
}

export async function typingPlan(args: RoomArgs, context: CallContext): Promise<CurrentPlan> {
  const { id, guard } = await roomFor(context, args)
  const subject = context.services.presence.typing(id)
  return { kind: 'current', guard, everyMs: PRESENCE_PERIOD_MS, subject }
}

export async function ordersPlan(args: RoomArgs & AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { id, guard } = await tradeRoomFor(context, args)
  const { orders: source } = context.services.sources
  return { kind: 'history', topic: ordersTopic(id), source, guard, after: args.after ?? null }
}

export async function positionsPlan(args: RoomArgs & AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { id, guard } = await tradeRoomFor(context, args)
  const { positions: source } = context.services.sources
  return { kind: 'history', topic: positionsTopic(id), source, guard, after: args.after ?? null }
}

/** Anyone may ask: the source keeps from each reader what is not for them. */
export async function announcementsPlan(args: AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { announcements: source } = context.services.sources
  return { kind: 'history', topic: announcementsTopic, source, after: args.after ?? null }
}

/** Throws UNAUTHENTICATED for a visitor; everyone else has a topic of their own. */
export async function notificationsPlan(args: AfterArgs, context: CallContext): Promise<HistoryPlan> {
  const { user } = signedIn(context)
  const { database, sources } = context.services
  // Begins the history, where nothing has come yet.
  await readInbox(database, user.id)
  const topic = notificationsTopic(user.id)
  return { kind: 'history', topic, source: sources.notifications, after: args.after ?? null }
}

/** Throws UNAUTHENTICATED for a visitor. Who is signed in sees those that are for all, and the own. */
export async function statusesPlan(
  args: StatusesArgs & AfterArgs,
  context: CallContext,
): Promise<HistoryPlan> {
  signedIn(context)
  const { statuses: source } = context.services.sources
  const subjectIds = subjectsOf(args)
  const part = subjectIds === null ? undefined : source.of(subjectIds)
  return { kind: 'history', topic: statusesTopic(args.kind), source, part, after: args.after ?? null }
}

export async function serverTimePlan(args: PeriodArgs, context: CallContext): Promise<PulsePlan> {
  const everyMs = periodOf(args, SERVER_TIME_PERIOD_MS)
  return { kind: 'pulse', everyMs, value: () => context.services.now() }
}

/** Throws NOT_FOUND where there is no such room for the caller. */
async function roomFor(
  context: CallContext,
  args: RoomArgs,
): Promise<{ readonly id: RoomId; readonly guard: Guard }> {
  const id = asRoomId(args.roomId)
  const askedAt = performance.now()
  const { reads } = context.services
  if (!(await reads.seesRoom({ roomId: id, caller: callerOf(context.viewer) }, context.signal)))
    throw notFound()
  return { id, guard: guardOfRoom(context, id, askedAt) }
}

/** Whoever sees the room may ask: the sources keep from each reader what is not disclosed to them, from now on. */
async function tradeRoomFor(
  context: CallContext,
  args: RoomArgs,
): Promise<{ readonly id: RoomId; readonly guard: Guard }> {
  const room = await roomFor(context, args)
  const { database, sources } = context.services
  await Promise.all([beginTrading(database, room.id), sources.tradeRooms.read(room.id)])
  return room
}

/** Throws NOT_FOUND where there is no such auction for the caller. */
async function auctionFor(
  context: CallContext,
  args: AuctionArgs,
): Promise<{ readonly id: AuctionId; readonly guard: Guard }> {
  const id = asAuctionId(args.auctionId)
  const askedAt = performance.now()
  const { reads } = context.services
  const roomId = await reads.roomOfAuction(
    { auctionId: id, caller: callerOf(context.viewer) },
    context.signal,
  )
  if (roomId === undefined) throw notFound()
  return { id, guard: guardOfRoom(context, roomId, askedAt) }
}

/** Throws BAD_USER_INPUT unless exactly one id is given; NOT_FOUND where it names nothing for the caller. */
async function boardFor(
  context: CallContext,
  { roomId, auctionId }: LeaderboardArgs,
): Promise<{ readonly topic: Topic; readonly guard: Guard }> {
  if (typeof roomId === 'string' && typeof auctionId !== 'string') {
    const { id, guard } = await roomFor(context, { roomId })
    return { topic: roomLeaderboardTopic(id), guard }
  }
  if (typeof auctionId === 'string' && typeof roomId !== 'string') {
    const { id, guard } = await auctionFor(context, { auctionId })
    return { topic: auctionLeaderboardTopic(id), guard }
  }
  throw badUserInput('Give either roomId or auctionId.')
}

/**
 * A room closes to a reader when its settings change, when it loses that reader as a member, or when the reader's own
 * rights change. The viewer is read when it is needed: a renewed token may have changed it.
 */
function guardOfRoom(context: CallContext, id: RoomId, askedAt: number): Guard {
  return {
    askedAt,
    topic: roomTopic(id),
    roomId: id,
    concerns({ type, data }) {
      if (type === 'RoomUpdated') return true
      if (type !== 'MemberLeft' && type !== 'MemberRemoved') return false
      return isMemberData(data) && data.user.id === context.viewer?.user.id
    },
    isAllowed: () => context.services.reads.seesRoom({ roomId: id, caller: callerOf(context.viewer) }),
    watchRights: context.watchRights,
  }
}

function periodOf({ everyMs }: PeriodArgs, standard: number): number {
  const period = everyMs ?? standard
  if (period >= MIN_PERIOD_MS && period <= MAX_PERIOD_MS) return period
  throw badUserInput(`everyMs must be between ${MIN_PERIOD_MS} and ${MAX_PERIOD_MS}.`)
}
