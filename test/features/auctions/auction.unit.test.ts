import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { evolveAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { dueAt } from '../../../src/features/auctions/rules/phase.ts'
import {
  accepted,
  applyDue,
  at,
  auction,
  bid,
  buy,
  cancel,
  control,
  decide,
  entriesOf,
  exactly,
  person,
  played,
  refusal,
  room,
  scheduled,
  typesOf,
  upTo,
} from './auction-fixtures.ts'

const LIVE = auction()
const LED = played(LIVE, upTo('A', 1500))
const PAUSED = played(LED, control('pause', at('14:10')))
const SOLD = played(LED, control('hammer'))
const UNSOLD = played(LIVE, applyDue(at('15:00')))
const CANCELLED = played(LED, cancel('Withdrawn.'))

describe('a bid', () => {
  test.each([
    ['both an amount and a maximum', { amount: 500, maximum: 500 }, 'maximum'],
    ['neither an amount nor a maximum', {}, 'amount'],
    ['an amount of 0', { amount: 0 }, 'amount'],
    ['a negative amount', { amount: -500 }, 'amount'],
    ['an amount with a fraction', { amount: 500.5 }, 'amount'],
    ['a maximum of 0', { maximum: 0 }, 'maximum'],
    ['a maximum past 2^53', { maximum: 2 ** 53 }, 'maximum'],
    ['a maximum that is no number', { maximum: Number.NaN }, 'maximum'],
  ])('with %s is INVALID_INPUT', (_, offer, field) => {
    expect(refusal(LIVE, bid('A', offer))).toEqual({ code: 'INVALID_INPUT', field })
  })

  test('by the seller is SELLER_CANNOT_BID, also by buying', () => {
    expect(refusal(LIVE, upTo('Seller', 1000))).toEqual({ code: 'SELLER_CANNOT_BID' })
    expect(refusal(auction({ buyNowPrice: 900 }), buy('Seller', 900))).toEqual({ code: 'SELLER_CANNOT_BID' })
  })

  test('needs only to see the room, not membership', () => {
    const members = room({ visibility: 'MEMBERS' }, { A: 'MEMBER' })
    expect(decide(LIVE, { ...upTo('A', 1000), room: members }).kind).toBe('accepted')
    expect(decide(LIVE, { ...upTo('B', 1000), room: room({ visibility: 'AUTHENTICATED' }) }).kind).toBe(
      'accepted',
    )
    expect(refusal(LIVE, { ...upTo('B', 1000), room: members })).toEqual({ code: 'NOT_FOUND' })
    expect(refusal(LIVE, { ...upTo('B', 1000), room: undefined })).toEqual({ code: 'NOT_FOUND' })
  })

  test('in an auction that does not exist is NOT_FOUND', () => {
    expect(refusal(null, upTo('A', 1000))).toEqual({ code: 'NOT_FOUND' })
  })

  test('is nothing that the server itself does', () => {
    expect(decide(LIVE, { ...upTo('A', 1000), actor: SYSTEM }).kind).toBe('forbidden')
  })
})

describe('a bid out of time', () => {
  test.each([
    ['before the start', scheduled(), upTo('A', 2000, at('11:59:59')), 'AUCTION_NOT_STARTED'],
    ['in a pause', PAUSED, upTo('B', 2000, at('14:11')), 'AUCTION_PAUSED'],
    ['in a pause past the end', PAUSED, upTo('B', 2000, at('16:00')), 'AUCTION_PAUSED'],
    ['at the end', LED, upTo('B', 2000, at('15:00')), 'AUCTION_ENDED'],
    ['after the end, though never opened', scheduled(), upTo('B', 2000, at('15:01')), 'AUCTION_ENDED'],
    ['after the hammer', SOLD, upTo('B', 2000), 'AUCTION_ENDED'],
    ['when unsold', UNSOLD, upTo('B', 2000, at('15:01')), 'AUCTION_ENDED'],
    ['when cancelled', CANCELLED, upTo('B', 2000), 'AUCTION_CANCELLED'],
    ['when cancelled past the end', CANCELLED, upTo('B', 2000, at('15:01')), 'AUCTION_CANCELLED'],
  ] as const)('%s is refused', (_, state, step, code) => {
    expect(refusal(state, step)).toEqual({ code })
    expect(refusal(state, { ...buy('B', 2000), now: step.now })).toEqual({ code })
  })

  test.each([
    ['SCHEDULED', 'AUCTION_NOT_STARTED'],
    ['PAUSED', 'AUCTION_PAUSED'],
    ['ENDED', 'AUCTION_ENDED'],
  ] as const)('while the room is %s is %s', (phase, code) => {
    expect(refusal(LED, { ...upTo('B', 2000), room: room({ phase }) })).toEqual({ code })
  })

  test('one millisecond before the end is accepted', () => {
    expect(accepted(LED, exactly('B', 2000, at('14:59:59.999'))).outcome).toBe('LEADING')
  })
})

describe('opening', () => {
  test('is due at the start and no earlier', () => {
    expect(dueAt(scheduled())).toBe(at('12:00'))
    expect(accepted(scheduled(), applyDue(at('11:59:59.999'))).events).toEqual([])
    const opened = accepted(scheduled(), applyDue(at('12:00')))
    expect(entriesOf(opened)).toEqual([['AuctionStarted', undefined, null]])
    expect(opened.state.standing.phase).toBe('LIVE')
  })

  test('happens once', () => {
    expect(accepted(played(scheduled(), applyDue(at('12:00'))), applyDue(at('12:01'))).events).toEqual([])
  })

  test('that is late comes before the bid that found it so', () => {
    const result = accepted(scheduled(), exactly('A', 500, at('12:00')))
    expect(entriesOf(result)).toEqual([
      ['AuctionStarted', undefined, null],
      ['BidPlaced', 'A', 500],
    ])
  })

  test('that is late comes before any other command, too', () => {
    expect(typesOf(scheduled(), control('pause'))).toEqual(['AuctionStarted', 'AuctionPaused'])
    expect(typesOf(scheduled(), cancel('Withdrawn.'))).toEqual(['AuctionStarted', 'AuctionCancelled'])
    expect(typesOf(scheduled(), bid('A', { amount: 500 }))).toEqual(['AuctionStarted', 'BidPlaced'])
  })

  test('is not made by a bid that is refused', () => {
    expect(refusal(scheduled(), exactly('A', 499))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 500 })
  })
})

describe('closing by time', () => {
  test('is due at the end and no earlier', () => {
    expect(dueAt(LED)).toBe(at('15:00'))
    expect(accepted(LED, applyDue(at('14:59:59.999'))).events).toEqual([])
  })

  test('sells to the leader at the price', () => {
    const { events, state } = accepted(LED, applyDue(at('15:00')))
    const winner = { user: person('A'), price: 500, settledAt: null }
    expect(events).toEqual([{ type: 'AuctionSold', winner, endedAt: at('15:00') }])
    expect(state.standing).toMatchObject({ phase: 'SOLD', winner, currentPrice: 500 })
    expect(dueAt(state)).toBeNull()
  })

  test('sells nothing without a bid', () => {
    expect(UNSOLD.standing).toMatchObject({ phase: 'UNSOLD', winner: null })
    expect(typesOf(LIVE, applyDue(at('15:00')))).toEqual(['AuctionUnsold'])
  })

  test('sells nothing below the reserve', () => {
    const state = played(auction({ reservePrice: 5000 }), upTo('A', 4999))
    expect(typesOf(state, applyDue(at('15:00')))).toEqual(['AuctionUnsold'])
  })

  test('happens once', () => {
    expect(accepted(SOLD, applyDue(at('15:00'))).events).toEqual([])
    expect(accepted(UNSOLD, applyDue(at('15:01'))).events).toEqual([])
    expect(accepted(CANCELLED, applyDue(at('15:01'))).events).toEqual([])
  })

  test('comes together with an opening that was missed', () => {
    expect(typesOf(scheduled(), applyDue(at('15:00')))).toEqual(['AuctionStarted', 'AuctionUnsold'])
  })

  test('does not come in a pause', () => {
    expect(dueAt(PAUSED)).toBeNull()
    expect(accepted(PAUSED, applyDue(at('18:00'))).events).toEqual([])
  })
})

describe('an event before the creation', () => {
  test('is a fault', () => {
    expect(() => evolveAuction(null, { type: 'AuctionStarted' })).toThrow('AuctionCreated')
  })
})
