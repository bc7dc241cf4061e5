import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import type { Instant } from '../../../src/engine/kernel/instant.ts'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import { dueAt } from '../../../src/features/auctions/rules/phase.ts'
import { latestEnd } from '../../../src/features/auctions/rules/soft-close.ts'
import type { Room, RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import {
  accepted,
  at,
  auction,
  control,
  creation,
  decide,
  exactly,
  MINUTE_MS,
  type Move,
  move,
  played,
  refusal,
  room,
  scheduled,
  typesOf,
  upTo,
  user,
} from './auction-fixtures.ts'

const SOFT = { windowMs: MINUTE_MS, extensionMs: MINUTE_MS, capMs: 10 * MINUTE_MS }

const inPhase = (phase: Room['phase'], since: string): RoomFacts => room({ phase, phaseSince: at(since) })
const SLEEPING = room({ phase: 'SCHEDULED', phaseSince: at('11:00'), startedAt: null })

/** `step` while the room is as given. */
const within = (facts: RoomFacts, step: Move): Move => ({ ...step, room: facts })
/** The server's look at the clock while the room is as given. */
const look = (facts: RoomFacts, now: Instant): Move => within(facts, move({ kind: 'applyDue' }, SYSTEM, now))

const PAUSED_ROOM = inPhase('PAUSED', '14:00')
const PAUSED = played(auction({ softClose: SOFT }), look(PAUSED_ROOM, at('14:00:01')))

function created(facts: RoomFacts, startsAt: Instant | null = null): AuctionState {
  const owner = user('Owner')
  const decision = decide(null, within(facts, move(creation({ startsAt }), owner)))
  const [event] = decision.kind === 'accepted' ? decision.events : []
  if (event?.type !== 'AuctionCreated') throw new Error(JSON.stringify(decision))
  return event.state
}

describe('an auction whose room is paused', () => {
  test('is paused since the room was, however late that is noticed', () => {
    expect(PAUSED).toMatchObject({ standing: { phase: 'PAUSED' }, pausedAt: at('14:00'), pausedByRoom: true })
    expect(dueAt(PAUSED, PAUSED_ROOM.room)).toBeNull()
  })

  test('is paused once', () => {
    expect(accepted(PAUSED, look(PAUSED_ROOM, at('14:05'))).events).toEqual([])
  })

  test('does not end by the clock, even where the end passed before the pause was noticed', () => {
    expect(typesOf(auction(), look(PAUSED_ROOM, at('15:30')))).toEqual(['AuctionPaused'])
  })

  test('ends as planned where its end came before the pause', () => {
    expect(typesOf(auction(), look(inPhase('PAUSED', '15:00'), at('15:00:01')))).toEqual(['AuctionUnsold'])
  })

  test('resumes with the room: the end and the cap of the soft close move by the pause', () => {
    const { events, state } = accepted(PAUSED, look(inPhase('LIVE', '14:30'), at('14:30')))
    expect(events).toEqual([{ type: 'AuctionResumed', pausedMs: 30 * MINUTE_MS, endsAt: at('15:30') }])
    expect(latestEnd(state)).toBe(at('15:40'))
    expect(state).toMatchObject({ pausedAt: null, pausedByRoom: false })
    expect(accepted(state, look(inPhase('LIVE', '14:30'), at('14:31'))).events).toEqual([])
  })

  test('resumes before a bid that comes first', () => {
    const step = within(inPhase('LIVE', '14:30'), exactly('A', 500, at('14:30')))
    expect(typesOf(PAUSED, step)).toEqual(['AuctionResumed', 'BidPlaced'])
  })

  test('takes no bids', () => {
    expect(refusal(auction(), within(PAUSED_ROOM, upTo('A', 500)))).toEqual({ code: 'AUCTION_PAUSED' })
  })

  test('cannot be resumed before the room', () => {
    const resume = within(PAUSED_ROOM, control('resume'))
    const byHand = played(auction(), control('pause', at('13:00')))
    expect(refusal(PAUSED, resume)).toEqual({ code: 'INVALID_TRANSITION' })
    expect(refusal(byHand, resume)).toEqual({ code: 'INVALID_TRANSITION' })
  })

  test('may be hammered, and ends with the room', () => {
    const led = played(auction(), exactly('A', 500), look(PAUSED_ROOM, at('14:01')))
    expect(typesOf(led, within(PAUSED_ROOM, control('hammer', at('14:10'))))).toEqual(['AuctionSold'])
    expect(typesOf(led, look(inPhase('ENDED', '14:10'), at('14:10')))).toEqual(['AuctionSold'])
  })
})

describe('an auction paused by hand', () => {
  const LIVE_AGAIN = inPhase('LIVE', '14:30')

  test('stays paused when the room resumes', () => {
    const byHand = played(auction(), control('pause', at('13:00')))
    expect(accepted(byHand, look(PAUSED_ROOM, at('14:01'))).events).toEqual([])
    expect(accepted(byHand, look(LIVE_AGAIN, at('14:30'))).events).toEqual([])
  })

  test('while the room is paused stays paused as well, without another entry', () => {
    const kept = accepted(PAUSED, within(PAUSED_ROOM, control('pause', at('14:10'))))
    expect(typesOf(PAUSED, within(PAUSED_ROOM, control('pause', at('14:10'))))).toEqual([])
    expect(accepted(kept.state, look(LIVE_AGAIN, at('14:30'))).events).toEqual([])
    const resumed = accepted(kept.state, within(LIVE_AGAIN, control('resume', at('14:45'))))
    expect(resumed.events).toEqual([
      { type: 'AuctionResumed', pausedMs: 45 * MINUTE_MS, endsAt: at('15:45') },
    ])
  })
})

describe('an auction whose room is not open yet', () => {
  test('does not open at its start', () => {
    expect(dueAt(scheduled(), SLEEPING.room)).toBeNull()
    expect(accepted(scheduled(), look(SLEEPING, at('12:30'))).events).toEqual([])
    expect(accepted(scheduled(), look(PAUSED_ROOM, at('14:30'))).events).toEqual([])
  })

  test('does not end either', () => {
    expect(accepted(scheduled(), look(SLEEPING, at('15:30'))).events).toEqual([])
  })

  test('opens with the room and keeps its duration; the cap of the soft close moves along', () => {
    const opened = accepted(scheduled({ softClose: SOFT }), look(inPhase('LIVE', '13:00'), at('13:00')))
    expect(opened.state.standing).toMatchObject({ phase: 'LIVE', endsAt: at('16:00') })
    expect(latestEnd(opened.state)).toBe(at('16:10'))
  })

  test('opens as planned where the room opened in time', () => {
    const opened = accepted(scheduled(), look(inPhase('LIVE', '12:00'), at('12:00:01')))
    expect(opened.state.standing.endsAt).toBe(at('15:00'))
  })

  test('is cancelled with a room that ends instead', () => {
    const ended = room({ phase: 'ENDED', phaseSince: at('14:00'), startedAt: null })
    expect(typesOf(scheduled(), look(ended, at('14:00')))).toEqual(['AuctionCancelled'])
  })
})

describe('an auction created for now', () => {
  test.each([
    ['LIVE', 'LIVE'],
    ['PAUSED', 'PAUSED'],
    ['SCHEDULED', 'SCHEDULED'],
  ] as const)('in a room that is %s is %s', (phase, expected) => {
    expect(created(inPhase(phase, '13:00')).standing.phase).toBe(expected)
  })

  test('in a paused room resumes with it', () => {
    const waiting = created(PAUSED_ROOM)
    const { state } = accepted(waiting, look(inPhase('LIVE', '14:30'), at('14:30')))
    expect(state.standing).toMatchObject({ phase: 'LIVE', endsAt: at('15:30') })
  })

  test('for later in a paused room opens at its start, or with the room', () => {
    const waiting = created(PAUSED_ROOM, at('14:20'))
    expect(accepted(waiting, look(PAUSED_ROOM, at('14:25'))).events).toEqual([])
    const inTime = accepted(waiting, look(inPhase('LIVE', '14:10'), at('14:20')))
    expect(inTime.state.standing.endsAt).toBe(at('15:00'))
    const late = accepted(waiting, look(inPhase('LIVE', '14:30'), at('14:30')))
    expect(late.state.standing.endsAt).toBe(at('15:10'))
  })
})
