import type { IdempotencyKey, Outcome } from '../engine/commands/command.ts'
import { signedIn } from '../engine/hub/plan-context.ts'
import type { Actor } from '../engine/kernel/actor.ts'
import type { Amount } from '../engine/kernel/amount.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import { auctionReads } from '../features/auctions/batched-reads.ts'
import { auctionFamily } from '../features/auctions/family.ts'
import {
  type AuctionId,
  asAuctionId,
  asBidId,
  type BidId,
  newAuctionId,
  newBidId,
} from '../features/auctions/ids.ts'
import { readAuction } from '../features/auctions/reads/auctions.ts'
import { readBid } from '../features/auctions/reads/bids.ts'
import type {
  AuctionState,
  Bid,
  BidOutcome,
  IncrementBand,
  SoftClose,
} from '../features/auctions/rules/auction.ts'
import type { AuctionCommand, AuctionReply } from '../features/auctions/rules/command.ts'
import { auctionTopic } from '../features/auctions/topics.ts'
import { type AuctionView, auctionAfterCommand, auctionOfRecord } from '../features/auctions/view.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import type { CallContext, SharedContext } from './context.ts'
import { findKnownUser } from './known-users.ts'
import { maxOpenAuctionsOf } from './quotas.ts'
import { notFoundResult, type RejectedResult, readKey, refusalOf, rejected } from './result.ts'
import type { Services } from './services.ts'
import { actorIn } from './signed-in.ts'

export interface AuctionPayload {
  readonly kind: 'accepted'
  readonly auction: AuctionView
  readonly cursor: Cursor
}

export interface BidAccepted extends AuctionPayload {
  readonly outcome: BidOutcome
  /** Null if only a maximum was raised. */
  readonly bidId: BidId | null
}

export type AuctionResult = AuctionPayload | RejectedResult
export type PlaceBidResult = BidAccepted | RejectedResult

type AuctionOutcome = Outcome<AuctionReply & { readonly auctionId: AuctionId }, AuctionState>
type AcceptedOutcome = Extract<AuctionOutcome, { readonly kind: 'accepted' }>

export interface CreateAuctionInput {
  readonly roomId: string
  readonly title: string
  readonly description?: string | null | undefined
  readonly format?: 'ENGLISH' | null | undefined
  readonly currency: string
  readonly currencyExponent?: number | null | undefined
  readonly startingPrice: Amount
  readonly reservePrice?: Amount | null | undefined
  readonly buyNowPrice?: Amount | null | undefined
  readonly increments?: readonly IncrementBand[] | null | undefined
  readonly softClose?: SoftClose | null | undefined
  readonly funded?: boolean | null | undefined
  readonly startsAt?: Instant | null | undefined
  readonly endsAt: Instant
  readonly sellerId?: string | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export async function createAuction(input: CreateAuctionInput, context: CallContext): Promise<AuctionResult> {
  const { user } = signedIn(context)
  const reading = readKey('createAuction', input)
  if (reading.kind === 'rejected') return reading
  const sellerId = asUserId(input.sellerId ?? user.id)
  const seller = sellerId === user.id ? user : await findKnownUser(context.services, sellerId)
  if (seller === undefined) {
    return rejected('INVALID_INPUT', 'The seller must be a known user.', 'sellerId')
  }
  const id = newAuctionId()
  const body: AuctionCommand = {
    kind: 'create',
    id,
    roomId: asRoomId(input.roomId),
    title: input.title,
    description: input.description ?? '',
    currency: input.currency,
    currencyExponent: input.currencyExponent ?? undefined,
    startingPrice: input.startingPrice,
    reservePrice: input.reservePrice ?? null,
    buyNowPrice: input.buyNowPrice ?? null,
    increments: input.increments ?? null,
    softClose: input.softClose ?? null,
    funded: input.funded ?? false,
    startsAt: input.startsAt ?? null,
    endsAt: input.endsAt,
    seller,
    maxOpen: maxOpenAuctionsOf(context),
  }
  return giveAuctionCommand(context, id, body, reading.key)
}

export function changeAuction(
  kind: 'pause' | 'resume' | 'hammer',
): (args: { readonly auctionId: string }, context: CallContext) => Promise<AuctionResult> {
  return (args, context) => giveAuctionCommand(context, asAuctionId(args.auctionId), { kind })
}

export async function cancelAuction(
  args: { readonly auctionId: string; readonly reason: string },
  context: CallContext,
): Promise<AuctionResult> {
  return giveAuctionCommand(context, asAuctionId(args.auctionId), { kind: 'cancel', reason: args.reason })
}

export async function voidBid(
  args: { readonly bidId: string; readonly reason: string },
  context: CallContext,
): Promise<AuctionResult> {
  const bidId = asBidId(args.bidId)
  // Read with the caller's visibility: an invisible bid and a missing bid take the same path to the same answer.
  const bid = await readBid(context.services.database, bidId, actorIn(context))
  if (bid === undefined) return notFoundResult('bidId')
  const body: AuctionCommand = { kind: 'voidBid', bidId, answerId: newBidId(), reason: args.reason }
  return giveAuctionCommand(context, bid.auctionId, body)
}

export interface PlaceBidInput {
  readonly auctionId: string
  readonly amount?: Amount | null | undefined
  readonly maximum?: Amount | null | undefined
  readonly idempotencyKey: string
}

export async function placeBid(input: PlaceBidInput, context: CallContext): Promise<PlaceBidResult> {
  const body: AuctionCommand = {
    kind: 'placeBid',
    amount: input.amount ?? null,
    maximum: input.maximum ?? null,
    bidId: newBidId(),
    answerId: newBidId(),
  }
  return giveBid('placeBid', input, body, context)
}

export interface BuyNowArgs {
  readonly auctionId: string
  readonly price: Amount
  readonly idempotencyKey: string
}

export async function buyNow(args: BuyNowArgs, context: CallContext): Promise<PlaceBidResult> {
  return giveBid('buyNow', args, { kind: 'buyNow', price: args.price, bidId: newBidId() }, context)
}

/** Read only if selected: the command's answer does not contain it. */
export async function bidAccepted({ bidId }: BidAccepted, { services }: SharedContext): Promise<Bid | null> {
  return bidId === null ? null : ((await services.get(auctionReads).bid(bidId)) ?? null)
}

async function giveBid(
  mutation: 'placeBid' | 'buyNow',
  input: { readonly auctionId: string; readonly idempotencyKey: string },
  body: AuctionCommand,
  context: CallContext,
): Promise<PlaceBidResult> {
  const actor = actorIn(context)
  const reading = readKey(mutation, input)
  if (reading.kind === 'rejected') return reading
  const { services } = context
  const outcome = await services.dispatch(
    auctionFamily,
    asAuctionId(input.auctionId),
    actor,
    body,
    reading.key,
  )
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const payload = await auctionPayload(services, actor, outcome)
  if (payload.kind === 'rejected') return payload
  const { bid } = outcome.reply
  if (bid === null) throw new Error(`${mutation} was accepted without an outcome`)
  return { ...payload, outcome: bid.outcome, bidId: bid.bidId }
}

async function giveAuctionCommand(
  context: CallContext,
  id: AuctionId,
  body: AuctionCommand,
  key?: IdempotencyKey,
): Promise<AuctionResult> {
  const actor = actorIn(context)
  const outcome = await context.services.dispatch(auctionFamily, id, actor, body, key)
  return outcome.kind === 'accepted' ? auctionPayload(context.services, actor, outcome) : refusalOf(outcome)
}

async function auctionPayload(
  { database, get }: Services,
  actor: Actor,
  { reply, position, state }: AcceptedOutcome,
): Promise<AuctionResult> {
  const cursor = encodeCursor(auctionTopic(reply.auctionId), position)
  if (state !== undefined) {
    const auction = auctionAfterCommand(get(auctionReads), state.terms, state.standing, position)
    return { kind: 'accepted', auction, cursor }
  }
  const record = await readAuction(database, reply.auctionId, actor)
  if (record === undefined) return notFoundResult()
  return { kind: 'accepted', auction: auctionOfRecord(record), cursor }
}
