import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { FAR_FUTURE, later } from '../../../src/engine/kernel/instant.ts'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import {
  accepted,
  applyDue,
  at,
  auction,
  buy,
  cancel,
  control,
  decide,
  endWithRoom,
  exactly,
  MINUTE_MS,
  type Move,
  move,
  NOW,
  person,
  played,
  refusal,
  room,
  SELLER,
  scheduled,
  typesOf,
  upTo,
  user,
} from './auction-fixtures.ts'

const LIVE = auction()
const LED = played(LIVE, upTo('A', 1500))
const PAUSED = played(LED, control('pause', at('14:10')))
const SOLD = played(LED, control('hammer'))
const UNSOLD = played(LIVE, applyDue(at('15:00')))
const CANCELLED = played(LED, cancel('Withdrawn.'))

describe('a pause', () => {
  test('moves the end by its length', () => {
    const { events, state } = accepted(PAUSED, control('resume', at('15:30')))
    expect(events).toEqual([{ type: 'AuctionResumed', pausedMs: 80 * MINUTE_MS, endsAt: at('16:20') }])
    expect(state.standing).toMatchObject({ phase: 'LIVE', endsAt: at('16:20') })
    expect(state).toMatchObject({ pausedAt: null, pausedMs: 80 * MINUTE_MS })
    expect(state.terms.originalEndsAt).toBe(at('15:00'))
  })

  test('adds up with others', () => {
    const resumed = played(PAUSED, control('resume', at('14:20')))
    const again = played(resumed, control('pause', at('14:30')), control('resume', at('14:35')))
    expect(again.pausedMs).toBe(15 * MINUTE_MS)
    expect(again.standing.endsAt).toBe(at('15:15'))
  })

  test('repeated changes nothing, and so does a resume', () => {
    expect(accepted(PAUSED, control('pause', at('14:20'))).events).toEqual([])
    expect(accepted(LED, control('resume')).events).toEqual([])
  })

  test.each([
    ['an auction that has not started', scheduled(), at('11:59')],
    ['an auction past its end', LED, at('15:00')],
    ['a sold one', SOLD, NOW],
    ['an unsold one', UNSOLD, at('15:01')],
    ['a cancelled one', CANCELLED, NOW],
  ])('of %s is INVALID_TRANSITION, and so is a resume', (_, state, now) => {
    expect(refusal(state, control('pause', now))).toEqual({ code: 'INVALID_TRANSITION' })
    expect(refusal(state, control('resume', now))).toEqual({ code: 'INVALID_TRANSITION' })
  })
})

describe('the hammer', () => {
  test('sells now, also in a pause', () => {
    expect(SOLD.standing).toMatchObject({ phase: 'SOLD', winner: { user: person('A'), price: 500 } })
    const { state } = accepted(PAUSED, control('hammer', at('16:00')))
    expect(state.standing.phase).toBe('SOLD')
    expect(state.pausedAt).toBeNull()
  })

  test('below the reserve leaves unsold, and so again', () => {
    const state = played(auction({ reservePrice: 5000 }), upTo('A', 4000))
    expect(typesOf(state, control('hammer'))).toEqual(['AuctionUnsold'])
    expect(accepted(played(state, control('hammer')), control('hammer')).events).toEqual([])
  })

  test('without any bid is NO_BID_TO_HAMMER, live and paused', () => {
    expect(refusal(LIVE, control('hammer'))).toEqual({ code: 'NO_BID_TO_HAMMER' })
    const paused = played(LIVE, control('pause'))
    expect(refusal(paused, control('hammer'))).toEqual({ code: 'NO_BID_TO_HAMMER' })
  })

  test('on what is sold changes nothing', () => {
    expect(accepted(SOLD, control('hammer', at('16:00'))).events).toEqual([])
  })

  test.each([
    ['before the start', scheduled(), at('11:59')],
    ['from the end on, while the closing is still to come', LED, at('15:00')],
    ['when unsold without a bid', UNSOLD, at('15:01')],
    ['when cancelled', CANCELLED, NOW],
  ])('%s is INVALID_TRANSITION', (_, state, now) => {
    expect(refusal(state, control('hammer', now))).toEqual({ code: 'INVALID_TRANSITION' })
  })
})

describe('cancelling', () => {
  test.each([
    ['before the start', scheduled(), at('11:59')],
    ['while live', LED, NOW],
    ['in a pause', PAUSED, at('16:00')],
  ])('%s ends the auction without a winner', (_, state, now) => {
    const { events, state: cancelled } = accepted(state, cancel('Withdrawn.', now))
    expect(events).toEqual([{ type: 'AuctionCancelled', reason: 'Withdrawn.', endedAt: now }])
    expect(cancelled.standing).toMatchObject({ phase: 'CANCELLED', winner: null })
    expect(cancelled.pausedAt).toBeNull()
  })

  test('what is cancelled changes nothing', () => {
    expect(accepted(CANCELLED, cancel('Again.')).events).toEqual([])
    expect(accepted(CANCELLED, cancel('Again.', at('16:00'))).events).toEqual([])
  })

  test.each([
    ['what is sold', SOLD, NOW],
    ['what is unsold', UNSOLD, at('15:01')],
    ['what is past its end', LED, at('15:00')],
  ])('%s is INVALID_TRANSITION', (_, state, now) => {
    expect(refusal(state, cancel('Late.', now))).toEqual({ code: 'INVALID_TRANSITION' })
  })

  test('takes a reason of at most 1000 characters', () => {
    expect(accepted(LED, cancel('x'.repeat(1000))).events).toHaveLength(1)
    expect(refusal(LED, cancel('x'.repeat(1001)))).toEqual({ code: 'INVALID_INPUT', field: 'reason' })
  })
})

describe('the end of the room', () => {
  test('closes what is live or paused as the hammer would, also without a bid', () => {
    expect(typesOf(LED, endWithRoom())).toEqual(['AuctionSold'])
    expect(typesOf(PAUSED, endWithRoom())).toEqual(['AuctionSold'])
    expect(typesOf(LIVE, endWithRoom())).toEqual(['AuctionUnsold'])
  })

  test('cancels what has not started', () => {
    expect(typesOf(scheduled(), endWithRoom(at('11:00')))).toEqual(['AuctionCancelled'])
  })

  test('leaves alone what is over', () => {
    expect([SOLD, UNSOLD, CANCELLED].map((state) => accepted(state, endWithRoom()).events)).toEqual([
      [],
      [],
      [],
    ])
  })
})

describe('who controls an auction', () => {
  const members = room({}, { Moderator: 'MODERATOR', Member: 'MEMBER' })
  const commands = [
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'hammer' },
    { kind: 'cancel', reason: '' },
  ] as const

  test.each([
    ['the seller', SELLER],
    ['the owner of the room', user('Owner')],
    ['a moderator of the room', user('Moderator')],
    ['an administrator', user('Someone', 'ADMIN')],
    ['a service', user('Someone', 'SERVICE')],
    ['a token that moderates', user('Someone', 'MODERATOR')],
    ['the server itself', SYSTEM],
  ])('%s does', (_, actor) => {
    const kinds = commands.map((command) => decide(LED, { ...move(command, actor), room: members }).kind)
    expect(kinds).toEqual(commands.map(() => 'accepted'))
  })

  test.each([
    ['a member', user('Member')],
    ['the leader', user('A')],
  ])('%s does not', (_, actor) => {
    const kinds = commands.map((command) => decide(LED, { ...move(command, actor), room: members }).kind)
    expect(kinds).toEqual(commands.map(() => 'forbidden'))
  })

  test('a seller who does not see the room finds no auction', () => {
    const hidden = { ...control('pause'), room: room({ visibility: 'MEMBERS' }) }
    expect(refusal(LED, hidden)).toEqual({ code: 'NOT_FOUND' })
  })

  test('only the server may send its own commands', () => {
    const root = user('Someone', 'ADMIN')
    expect(decide(LED, move({ kind: 'applyDue' }, root)).kind).toBe('forbidden')
  })
})

describe('the instant at which an auction ended', () => {
  const endedAt = (state: AuctionState, step: Move): unknown => accepted(state, step).state.standing.endedAt

  test('is null before', () => {
    for (const state of [LIVE, LED, PAUSED, scheduled()]) expect(state.standing.endedAt).toBeUndefined()
  })

  test.each([
    ['by the hammer', LED, control('hammer', at('14:20'))],
    ['by the hammer in a pause', PAUSED, control('hammer', at('14:20'))],
    ['by buying', auction({ buyNowPrice: 900 }), buy('A', 900, at('14:20'))],
    ['by cancelling', LED, cancel('Withdrawn.', at('14:20'))],
    ['with its room', PAUSED, endWithRoom(at('14:20'))],
    ['with its room before it opened', scheduled({ startsAt: at('14:30') }), endWithRoom(at('14:20'))],
  ])('%s is that of the command', (_, state, step) => {
    expect(endedAt(state, step)).toBe(at('14:20'))
  })

  test('by the clock is the end, however late the server looks', () => {
    expect(endedAt(LED, applyDue(at('15:00:07')))).toBe(at('15:00'))
    expect(endedAt(LIVE, applyDue(at('15:00:07')))).toBe(at('15:00'))
  })

  test('with its room is when the room ended, however late the server looks', () => {
    const ended = room({ phase: 'ENDED', endedAt: at('14:20') })
    expect(endedAt(LED, { ...applyDue(at('15:10')), room: ended })).toBe(at('14:20'))
  })
})

describe('an end at the last instant that DateTime can express', () => {
  test('stays there when the auction resumes or a bid extends it', () => {
    const softClose = { windowMs: MINUTE_MS, extensionMs: MINUTE_MS, capMs: MINUTE_MS }
    const endless = auction({ endsAt: FAR_FUTURE, softClose })
    const resumed = played(endless, control('pause', at('14:10')), control('resume', at('14:20')))
    expect(resumed.standing.endsAt).toBe(FAR_FUTURE)
    const last = later(FAR_FUTURE, -1)
    expect(played(endless, exactly('A', 500, last)).standing.endsAt).toBe(FAR_FUTURE)
  })
})
