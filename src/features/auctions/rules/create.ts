import { amount } from '../../../engine/kernel/amount.ts'
import { chooseExponent } from '../../../engine/kernel/currency.ts'
import { accept, forbid } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Room } from '../../rooms/rules/room.ts'
import { canRunAuctions, canSeeAuctions } from './access.ts'
import type { AuctionState, AuctionTerms, IncrementBand } from './auction.ts'
import type { CreateAuction } from './command.ts'
import type { AuctionContext, AuctionDecision } from './context.ts'
import { DEFAULT_INCREMENTS } from './increments.ts'
import { reject } from './rejections.ts'
import { faultOfCreation, storedTitle } from './validate.ts'

/**
 * A new auction. If its start is not in the future, it begins `now` when its room is LIVE, is PAUSED until a paused
 * room resumes, or SCHEDULED until the room opens.
 */
export function decideCreation(
  state: AuctionState | null,
  command: CreateAuction,
  { now, actor, room, openAuctions = 0, fixedExponent }: AuctionContext,
): AuctionDecision {
  if (room === undefined || !canSeeAuctions(actor, room)) return reject('NOT_FOUND', 'Room not found.')
  if (!canRunAuctions(actor, room)) return forbid('Only those who run the room can create auctions in it.')
  if (state !== null) return reject('INVALID_TRANSITION', 'The auction already exists.')
  const fault = faultOfCreation(command, now, fixedExponent)
  if (fault !== undefined) return reject('INVALID_INPUT', fault.reason, { field: fault.field })
  const seller = command.seller ?? (actor.kind === 'user' ? actor.person : null)
  if (seller === null) return reject('INVALID_INPUT', 'The auction needs a seller.', { field: 'sellerId' })
  if (room.room.phase === 'ENDED') return reject('INVALID_TRANSITION', 'The room has ended.')
  if (command.maxOpen !== undefined && openAuctions >= command.maxOpen) {
    const reason = `The owner of this room has ${openAuctions} open auctions, the maximum per owner. Wait until some end.`
    return reject('INVALID_INPUT', reason)
  }
  return accept(
    [{ type: 'AuctionCreated', state: newAuction(command, { seller, room: room.room, now, fixedExponent }) }],
    {
      bid: null,
    },
  )
}

interface Creation {
  readonly seller: Person
  readonly room: Room
  readonly now: Instant
  readonly fixedExponent: number | undefined
}

function newAuction(command: CreateAuction, creation: Creation): AuctionState {
  const { room, now } = creation
  const phase = phaseIn(room, command.startsAt, now)
  const isPaused = phase === 'PAUSED'
  const terms = termsOf(command, creation)
  return {
    terms,
    standing: {
      phase,
      currentPrice: null,
      leader: null,
      bidCount: 0,
      bidderCount: 0,
      reserveMet: terms.reservePrice === null,
      endsAt: command.endsAt,
      extensionCount: 0,
      winner: null,
    },
    leading: null,
    commandCount: 0,
    pausedAt: isPaused ? now : null,
    pausedByRoom: isPaused,
    pausedMs: 0,
    bidders: new Set(),
  }
}

function phaseIn(room: Room, startsAt: Instant | null, now: Instant): 'LIVE' | 'PAUSED' | 'SCHEDULED' {
  const isDue = startsAt === null || startsAt <= now
  if (!isDue) return 'SCHEDULED'
  if (room.phase === 'PAUSED') return 'PAUSED'
  return room.phase === 'LIVE' ? 'LIVE' : 'SCHEDULED'
}

function termsOf(command: CreateAuction, { seller, now, fixedExponent }: Creation): AuctionTerms {
  const { startsAt, softClose } = command
  return {
    id: command.id,
    roomId: command.roomId,
    title: titleOf(command),
    description: command.description,
    format: 'ENGLISH',
    seller,
    currency: command.currency,
    currencyExponent: exponentOf(command, fixedExponent),
    startingPrice: amount(command.startingPrice),
    reservePrice: command.reservePrice === null ? null : amount(command.reservePrice),
    buyNowPrice: command.buyNowPrice === null ? null : amount(command.buyNowPrice),
    increments: command.increments?.map(bandOf) ?? DEFAULT_INCREMENTS,
    softClose,
    funded: command.funded,
    startsAt: startsAt === null || startsAt <= now ? now : startsAt,
    originalEndsAt: command.endsAt,
    createdAt: now,
  }
}

function titleOf(command: CreateAuction): string {
  const title = storedTitle(command.title)
  if (title === undefined) throw new RangeError('a valid creation has a title')
  return title
}

/** Stored, so that later changes of ISO 4217 do not affect the auction. */
function exponentOf({ currency, currencyExponent }: CreateAuction, fixed: number | undefined): number {
  const choice = chooseExponent(currency, currencyExponent, fixed)
  if (choice.kind === 'fault') throw new RangeError(choice.reason)
  return choice.exponent
}

function bandOf({ from, step }: { readonly from: number; readonly step: number }): IncrementBand {
  return { from: amount(from), step: amount(step) }
}
