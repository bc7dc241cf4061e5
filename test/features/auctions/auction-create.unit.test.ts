import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { amount } from '../../../src/engine/kernel/amount.ts'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import type { CreateAuction } from '../../../src/features/auctions/rules/command.ts'
import { isPublicEvent } from '../../../src/features/auctions/rules/event.ts'
import { evolveAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { incrementAt } from '../../../src/features/auctions/rules/increments.ts'
import { at, auction, creation, decide, move, NOW, person, refusal, room, user } from './auction-fixtures.ts'

const OWNER = user('Owner')

/** The auction that `change` to a valid input creates. Throws where it is refused. */
function created(change: Partial<CreateAuction> = {}, actor = OWNER): AuctionState {
  const decision = decide(null, move(creation(change), actor))
  if (decision.kind !== 'accepted') throw new Error(JSON.stringify(decision))
  expect(decision.events.filter(isPublicEvent)).toEqual([])
  expect(decision.events).toHaveLength(1)
  return decision.events.reduce<AuctionState>(evolveAuction, auction())
}

describe('creating an auction', () => {
  test('without a start makes it live at once, with no entry', () => {
    const { terms, standing } = created()
    expect(standing).toEqual({
      phase: 'LIVE',
      currentPrice: null,
      leader: null,
      bidCount: 0,
      bidderCount: 0,
      reserveMet: true,
      endsAt: at('15:00'),
      extensionCount: 0,
      winner: null,
    })
    expect(terms).toMatchObject({
      startsAt: NOW,
      originalEndsAt: at('15:00'),
      createdAt: NOW,
      format: 'ENGLISH',
    })
  })

  test('with a start in the future schedules it, with no entry', () => {
    const { terms, standing } = created({ startsAt: at('14:30') })
    expect(standing.phase).toBe('SCHEDULED')
    expect(terms.startsAt).toBe(at('14:30'))
  })

  test.each([at('13:00'), NOW])(
    'with a start that is not in the future makes it live from now',
    (startsAt) => {
      const { terms, standing } = created({ startsAt })
      expect(standing.phase).toBe('LIVE')
      expect(terms.startsAt).toBe(NOW)
    },
  )

  test('with a reserve begins with the reserve unmet', () => {
    expect(created({ reservePrice: 500 }).standing.reserveMet).toBe(false)
  })

  test('takes characters that turn the text around it out of the title', () => {
    expect(created({ title: '\u202eA clock\u202c' }).terms.title).toBe('A clock')
  })

  test('trims the title', () => {
    expect(created({ title: '  A clock ' }).terms.title).toBe('A clock')
  })

  test('makes the actor the seller unless another is named', () => {
    expect(created().terms.seller).toEqual(person('Owner'))
    expect(created({ seller: person('Someone') }).terms.seller).toEqual(person('Someone'))
  })

  test('uses the default increments unless others are given', () => {
    expect(incrementAt(created().terms, amount(700))).toBe(50)
    expect(incrementAt(created({ increments: [{ from: 0, step: 7 }] }).terms, amount(700))).toBe(7)
  })

  test('takes everything at its limit', () => {
    const bands = Array.from({ length: 100 }, (_, index) => ({ from: index, step: 1 }))
    const week = 7 * 86_400_000
    const { terms } = created({
      title: 'x'.repeat(200),
      description: 'x'.repeat(10_000),
      currency: 'COIN1234',
      reservePrice: 500,
      buyNowPrice: 650,
      increments: bands,
      softClose: { windowMs: week, extensionMs: week, capMs: 0 },
    })
    expect(terms.increments).toHaveLength(100)
    expect(terms).toMatchObject({ reservePrice: 500, buyNowPrice: 650, currency: 'COIN1234' })
  })

  test('records the exponent of its currency', () => {
    expect(created({ currency: 'HUF' }).terms.currencyExponent).toBe(2)
    expect(created({ currency: 'KWD', currencyExponent: 3 }).terms.currencyExponent).toBe(3)
    expect(created({ currency: 'POINTS' }).terms.currencyExponent).toBe(0)
    expect(created({ currency: 'POINTS', currencyExponent: 8 }).terms.currencyExponent).toBe(8)
  })

  test('by the server itself needs a seller', () => {
    expect(refusal(null, move(creation(), SYSTEM))).toEqual({ code: 'INVALID_INPUT', field: 'sellerId' })
    expect(created({ seller: person('Someone') }, SYSTEM).terms.seller).toEqual(person('Someone'))
  })
})

describe('creating an auction is refused as INVALID_INPUT', () => {
  const soft = { windowMs: 1, extensionMs: 1, capMs: 1 }
  test.each<[string, string, Partial<CreateAuction>]>([
    ['title', 'an empty one', { title: '' }],
    ['title', 'a blank one', { title: '  ' }],
    ['title', 'an invisible one', { title: '\u200b\u202e' }],
    ['description', 'an invisible one', { description: '\u3164' }],
    ['title', 'one of 201 characters', { title: 'x'.repeat(201) }],
    ['description', 'one of 10001 characters', { description: 'x'.repeat(10_001) }],
    ['currency', 'small letters', { currency: 'eur' }],
    ['currency', 'two letters', { currency: 'EU' }],
    ['currency', 'nine letters', { currency: 'ABCDEFGHI' }],
    ['currency', 'a digit first', { currency: '1EU' }],
    ['currencyExponent', 'another than that of ISO 4217', { currency: 'HUF', currencyExponent: 0 }],
    ['currencyExponent', 'one below 0', { currency: 'POINTS', currencyExponent: -1 }],
    ['currencyExponent', 'one above 8', { currency: 'POINTS', currencyExponent: 9 }],
    ['startingPrice', '0', { startingPrice: 0 }],
    ['startingPrice', 'a fraction', { startingPrice: 1.5 }],
    ['startingPrice', 'more than 2^53', { startingPrice: 2 ** 53 }],
    ['reservePrice', 'less than the starting price', { reservePrice: 499 }],
    ['reservePrice', 'a fraction', { reservePrice: 500.5 }],
    ['buyNowPrice', 'less than 130 % of the starting price', { buyNowPrice: 649 }],
    ['buyNowPrice', 'less than 130 % of an odd price', { startingPrice: 505, buyNowPrice: 656 }],
    ['buyNowPrice', 'less than the reserve', { reservePrice: 1000, buyNowPrice: 999 }],
    ['buyNowPrice', 'a fraction', { buyNowPrice: 700.5 }],
    ['increments', 'no band', { increments: [] }],
    [
      'increments',
      '101 bands',
      { increments: Array.from({ length: 101 }, (_, from) => ({ from, step: 1 })) },
    ],
    ['increments', 'a step of 0', { increments: [{ from: 1, step: 0 }] }],
    ['increments', 'a step with a fraction', { increments: [{ from: 1, step: 0.5 }] }],
    ['increments', 'a negative band', { increments: [{ from: -1, step: 1 }] }],
    [
      'increments',
      'equal bands',
      {
        increments: [
          { from: 1, step: 1 },
          { from: 1, step: 2 },
        ],
      },
    ],
    [
      'increments',
      'descending bands',
      {
        increments: [
          { from: 9, step: 1 },
          { from: 1, step: 2 },
        ],
      },
    ],
    ['softClose', 'no window', { softClose: { ...soft, windowMs: 0 } }],
    ['softClose', 'no extension', { softClose: { ...soft, extensionMs: 0 } }],
    ['softClose', 'a negative cap', { softClose: { ...soft, capMs: -1 } }],
    ['softClose', 'a fraction', { softClose: { ...soft, windowMs: 1.5 } }],
    ['softClose', 'more than a week', { softClose: { ...soft, capMs: 7 * 86_400_000 + 1 } }],
    ['endsAt', 'now', { endsAt: NOW }],
    ['endsAt', 'the past', { endsAt: at('13:00'), startsAt: at('12:00') }],
    ['endsAt', 'the start', { startsAt: at('15:00') }],
    ['endsAt', 'before the start', { startsAt: at('15:01') }],
  ])('with the field %s for %s', (field, _, change) => {
    expect(refusal(null, move(creation(change), OWNER))).toEqual({ code: 'INVALID_INPUT', field })
  })

  test('130 % is exact where products pass 2^53', () => {
    const change = { startingPrice: 6_928_614_811_339_224, buyNowPrice: Number.MAX_SAFE_INTEGER }
    expect(refusal(null, move(creation(change), OWNER))).toEqual({
      code: 'INVALID_INPUT',
      field: 'buyNowPrice',
    })
    expect(created({ ...change, startingPrice: change.startingPrice - 1 }).terms.buyNowPrice).toBe(
      Number.MAX_SAFE_INTEGER,
    )
  })
})

describe('who creates auctions', () => {
  const members = { Moderator: 'MODERATOR', Member: 'MEMBER' } as const

  test.each([
    ['the owner of the room', OWNER],
    ['a moderator of the room', user('Moderator')],
    ['an administrator', user('Someone', 'ADMIN')],
    ['a service', user('Someone', 'SERVICE')],
    ['a token that moderates', user('Someone', 'MODERATOR')],
  ])('%s does', (_, actor) => {
    expect(decide(null, { ...move(creation(), actor), room: room({}, members) }).kind).toBe('accepted')
  })

  test.each([
    ['a member', user('Member')],
    ['someone who only sees the room', user('Someone')],
  ])('%s does not', (_, actor) => {
    expect(decide(null, { ...move(creation(), actor), room: room({}, members) }).kind).toBe('forbidden')
  })

  test('is NOT_FOUND for users who do not see the room', () => {
    const hidden = {
      ...move(creation(), user('Someone', 'MODERATOR')),
      room: room({ visibility: 'MEMBERS' }),
    }
    expect(refusal(null, hidden)).toEqual({ code: 'NOT_FOUND' })
    expect(refusal(null, { ...hidden, room: undefined })).toEqual({ code: 'NOT_FOUND' })
  })
})

describe('the place of a new auction', () => {
  test('is a room that has not ended', () => {
    const ended = { ...move(creation(), OWNER), room: room({ phase: 'ENDED' }) }
    expect(refusal(null, ended)).toEqual({ code: 'INVALID_TRANSITION' })
  })

  test.each(['SCHEDULED', 'LIVE', 'PAUSED'] as const)('may be a room that is %s', (phase) => {
    expect(decide(null, { ...move(creation(), OWNER), room: room({ phase }) }).kind).toBe('accepted')
  })

  test('is not that of an auction that exists', () => {
    expect(refusal(auction(), move(creation(), OWNER))).toEqual({ code: 'INVALID_TRANSITION' })
  })
})
