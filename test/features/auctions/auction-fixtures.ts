import type { Actor, Role } from '../../../src/engine/kernel/actor.ts'
import { type Amount, amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { type Instant, instant } from '../../../src/engine/kernel/instant.ts'
import type { Person } from '../../../src/engine/kernel/person.ts'
import type { Rejection } from '../../../src/engine/kernel/rejection.ts'
import { asAuctionId, asBidId } from '../../../src/features/auctions/ids.ts'
import type { AuctionState, AuctionTerms, BidOutcome } from '../../../src/features/auctions/rules/auction.ts'
import { type BidHistory, NO_BID_HISTORY } from '../../../src/features/auctions/rules/bid-history.ts'
import type { AuctionCommand, CreateAuction } from '../../../src/features/auctions/rules/command.ts'
import type { AuctionContext, AuctionDecision } from '../../../src/features/auctions/rules/context.ts'
import { decideAuction } from '../../../src/features/auctions/rules/decide.ts'
import { type AuctionEvent, isPublicEvent } from '../../../src/features/auctions/rules/event.ts'
import { evolveAuction, foldAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { DEFAULT_INCREMENTS } from '../../../src/features/auctions/rules/increments.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import type { MemberRole, Membership, Room, RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import type { Wallets } from '../../../src/features/wallets/rules/transfer.ts'

/** `time` (HH:MM or HH:MM:SS) on the day of all these tests. */
export function at(time: string): Instant {
  return instant(Date.parse(`2026-03-02T${time.length === 5 ? `${time}:00` : time}Z`))
}

export const MINUTE_MS = 60_000

/** When commands come, unless a test says otherwise: well inside `auction()`, which runs 12:00 to 15:00. */
export const NOW = at('14:00')

export function person(name: string): Person {
  return { id: asUserId(name), name }
}

export function user(name: string, ...roles: readonly Role[]): Actor {
  return { kind: 'user', person: person(name), roles: new Set<Role>(['USER', ...roles]) }
}

export const SELLER = user('Seller')

/** A live public room in which each named person has the given role. */
export function room(
  change: Partial<Room> = {},
  members: Readonly<Record<string, MemberRole>> = {},
): RoomFacts {
  const membership = ([name, role]: readonly [string, MemberRole]): [string, Membership] => [
    name,
    { user: person(name), status: 'member', role, joinedAt: at('11:00'), mutedUntil: null },
  ]
  return {
    room: {
      id: asRoomId('room_1'),
      name: 'Saleroom',
      kind: 'AUCTION',
      visibility: 'PUBLIC',
      phase: 'LIVE',
      phaseSince: at('11:00'),
      owner: person('Owner'),
      createdAt: at('11:00'),
      startsAt: null,
      endsAt: null,
      startedAt: at('11:00'),
      endedAt: null,
      memberCount: 1,
      ranking: 'STANDARD',
      disclosure: 'OWN',
      ...change,
    },
    memberships: new Map(Object.entries({ Owner: 'OWNER' as const, ...members }).map(membership)),
  }
}

/** Terms as numbers, the way one says them. */
interface Given {
  readonly startingPrice?: number
  readonly reservePrice?: number
  readonly buyNowPrice?: number
  readonly increments?: readonly { readonly from: number; readonly step: number }[]
  readonly softClose?: AuctionTerms['softClose']
  readonly funded?: boolean
  readonly startsAt?: Instant
  readonly endsAt?: Instant
}

/** A live auction from 12:00 to 15:00, starting at 500, with the default table and nothing else. */
export function auction(given: Given = {}): AuctionState {
  const endsAt = given.endsAt ?? at('15:00')
  const terms: AuctionTerms = {
    id: asAuctionId('auc_1'),
    roomId: asRoomId('room_1'),
    title: 'A clock',
    description: '',
    format: 'ENGLISH',
    seller: person('Seller'),
    currency: 'EUR',
    startingPrice: amount(given.startingPrice ?? 500),
    reservePrice: price(given.reservePrice),
    buyNowPrice: price(given.buyNowPrice),
    increments:
      given.increments?.map(({ from, step }) => ({ from: amount(from), step: amount(step) })) ??
      DEFAULT_INCREMENTS,
    softClose: given.softClose ?? null,
    funded: given.funded ?? false,
    startsAt: given.startsAt ?? at('12:00'),
    originalEndsAt: endsAt,
    createdAt: at('11:30'),
  }
  return {
    terms,
    standing: {
      phase: 'LIVE',
      currentPrice: null,
      leader: null,
      bidCount: 0,
      bidderCount: 0,
      reserveMet: terms.reservePrice === null,
      endsAt,
      extensionCount: 0,
      winner: null,
    },
    leading: null,
    commandCount: 0,
    pausedAt: null,
    pausedByRoom: false,
    pausedMs: 0,
    bidders: new Set(),
  }
}

function price(value: number | undefined): Amount | null {
  return value === undefined ? null : amount(value)
}

/** `auction()` before its opening. */
export function scheduled(given: Given = {}): AuctionState {
  const live = auction(given)
  return { ...live, standing: { ...live.standing, phase: 'SCHEDULED' } }
}

/** Valid input for an auction that is live at once. */
export function creation(change: Partial<CreateAuction> = {}): CreateAuction {
  return {
    kind: 'create',
    id: asAuctionId('auc_1'),
    roomId: asRoomId('room_1'),
    title: 'A clock',
    description: 'It ticks.',
    currency: 'EUR',
    startingPrice: 500,
    reservePrice: null,
    buyNowPrice: null,
    increments: null,
    softClose: null,
    funded: false,
    startsAt: null,
    endsAt: at('15:00'),
    seller: null,
    ...change,
  }
}

/** One command and its circumstances. */
export interface Move {
  readonly command: AuctionCommand
  readonly actor: Actor
  readonly now: Instant
  readonly room: RoomFacts | undefined
  readonly wallets?: Wallets
  readonly bidHistory?: BidHistory
}

export function move(command: AuctionCommand, actor: Actor, now = NOW): Move {
  return { command, actor, now, room: room() }
}

const OWN_BID = asBidId('bid_own')
const ANSWER = asBidId('bid_answer')

export function bid(name: string, offer: { amount?: number; maximum?: number }, now = NOW): Move {
  const { amount: exact = null, maximum = null } = offer
  return move({ kind: 'placeBid', amount: exact, maximum, bidId: OWN_BID, answerId: ANSWER }, user(name), now)
}

/** `name` bids just `value`. */
export function exactly(name: string, value: number, now = NOW): Move {
  return bid(name, { amount: value }, now)
}

/** `name` lets the server bid up to `value`. */
export function upTo(name: string, value: number, now = NOW): Move {
  return bid(name, { maximum: value }, now)
}

export function buy(name: string, value: number, now = NOW): Move {
  return move({ kind: 'buyNow', price: value, bidId: OWN_BID }, user(name), now)
}

/** The seller pauses, resumes or hammers. */
export function control(kind: 'pause' | 'resume' | 'hammer', now = NOW): Move {
  return move({ kind }, SELLER, now)
}

export function cancel(reason: string, now = NOW): Move {
  return move({ kind: 'cancel', reason }, SELLER, now)
}

/** The server's own look at the clock. It has no room at hand. */
export function applyDue(now: Instant): Move {
  return { ...move({ kind: 'applyDue' }, { kind: 'system' }, now), room: undefined }
}

/** The server's look once the room has ended. */
export function endWithRoom(now = NOW): Move {
  return { ...applyDue(now), room: room({ phase: 'ENDED' }) }
}

export function decide(state: AuctionState | null, { command, ...context }: Move): AuctionDecision {
  return decideAuction(state, command, {
    wallets: new Map(),
    bidHistory: NO_BID_HISTORY,
    ...context,
  } satisfies AuctionContext)
}

/** An accepted decision seen from all sides. */
interface Accepted {
  readonly before: AuctionState
  readonly events: readonly AuctionEvent[]
  readonly state: AuctionState
  readonly outcome: BidOutcome | undefined
  readonly bidId: string | null | undefined
}

/** What `step` gives. Throws where it is refused. */
export function accepted(state: AuctionState, step: Move): Accepted {
  const decision = decide(state, step)
  if (decision.kind !== 'accepted') throw new Error(`${step.command.kind}: ${JSON.stringify(decision)}`)
  const { events, reply } = decision
  const after = foldAuction(state, events)
  return { before: state, events, state: after, outcome: reply.bid?.outcome, bidId: reply.bid?.bidId }
}

/** The state after all `steps`, each of which is accepted. */
export function played(state: AuctionState, ...steps: readonly Move[]): AuctionState {
  return steps.reduce<AuctionState>((current, step) => accepted(current, step).state, state)
}

/** Why `step` is refused. Throws where it is not. */
export function refusal(state: AuctionState | null, step: Move): Omit<Rejection, 'reason'> {
  const decision = decide(state, step)
  if (decision.kind !== 'rejected') throw new Error(`${step.command.kind} is ${decision.kind}`)
  const { reason, ...rest } = decision.rejection
  if (!/^[A-Z].*\.$/.test(reason)) throw new Error(`no whole sentence: ${reason}`)
  return rest
}

/** Who leads at which price. */
export function standingOf({ standing }: AuctionState): readonly [string | undefined, number | null] {
  return [standing.leader?.name, standing.currentPrice]
}

/** What the history shows of a decision: each entry's type, with the leader and the price it carries. */
export function entriesOf({
  before,
  events,
}: Accepted): readonly (readonly [string, string | undefined, number | null])[] {
  let state = before
  return events.flatMap((event) => {
    state = evolveAuction(state, event)
    return isPublicEvent(event) ? [[event.type, ...standingOf(state)] as const] : []
  })
}

/** The types of the entries that `step` makes. */
export function typesOf(state: AuctionState, step: Move): readonly string[] {
  return entriesOf(accepted(state, step)).map(([type]) => type)
}
