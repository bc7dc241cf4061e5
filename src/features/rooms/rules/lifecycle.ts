import { forbid } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { canModerate } from './access.ts'
import { isBuiltIn } from './built-in.ts'
import { accepted, type RoomContext, type RoomDecision } from './context.ts'
import type { RoomEvent, RoomTransition } from './event.ts'
import { reject } from './rejections.ts'
import type { Room, RoomPhase } from './room.ts'

type Step = 'start' | 'pause' | 'resume' | 'end'

interface Transition {
  readonly from: readonly RoomPhase[]
  readonly to: RoomPhase
  readonly type: RoomTransition
}

const TRANSITIONS: Readonly<Record<Step, Transition>> = {
  start: { from: ['SCHEDULED'], to: 'LIVE', type: 'RoomStarted' },
  pause: { from: ['LIVE'], to: 'PAUSED', type: 'RoomPaused' },
  resume: { from: ['PAUSED'], to: 'LIVE', type: 'RoomResumed' },
  end: { from: ['SCHEDULED', 'LIVE', 'PAUSED'], to: 'ENDED', type: 'RoomEnded' },
}

/** Applies one manual lifecycle step; a step to the current phase emits no event. */
export function takeStep(step: Step, context: RoomContext): RoomDecision {
  const { room, actor, own, now } = context
  if (!canModerate(actor, own)) return forbid(`Only moderators of a room can ${step} it.`)
  const { from, to } = TRANSITIONS[step]
  if (room.phase === to) return accepted(room)
  if (room.kind === 'DIRECT') {
    return reject('INVALID_TRANSITION', 'A direct room cannot be ended.')
  }
  if (step === 'end' && isBuiltIn(room)) return reject('INVALID_TRANSITION', 'A built-in room never ends.')
  if (!from.includes(room.phase)) {
    return reject('INVALID_TRANSITION', `You cannot ${step} a room that is ${room.phase}.`)
  }
  const after = roomAfter(step, room, now)
  return accepted(after, eventOf(step, after))
}

/** Starts and ends the room if due: both, if both were missed. */
export function applyDue(room: Room, now: Instant): RoomDecision {
  const events: RoomEvent[] = []
  let after = room
  const advance = (step: Step): void => {
    after = roomAfter(step, after, now)
    events.push(eventOf(step, after))
  }
  if (room.phase === 'SCHEDULED' && isReached(room.startsAt, now)) advance('start')
  if (room.phase !== 'ENDED' && isReached(room.endsAt, now)) advance('end')
  return accepted(after, ...events)
}

/** When the clock next changes the room; null for never, under the current settings. */
export function dueAt(room: Room): Instant | null {
  switch (room.phase) {
    case 'SCHEDULED':
      return room.startsAt ?? room.endsAt
    case 'LIVE':
    case 'PAUSED':
      return room.endsAt
    case 'ENDED':
      return null
  }
}

function isReached(moment: Instant | null, now: Instant): boolean {
  return moment !== null && moment <= now
}

function roomAfter(step: Step, room: Room, now: Instant): Room {
  return {
    ...room,
    phase: TRANSITIONS[step].to,
    phaseSince: now,
    startedAt: step === 'start' ? now : room.startedAt,
    endedAt: step === 'end' ? now : room.endedAt,
  }
}

function eventOf(step: Step, room: Room): RoomEvent {
  return { type: TRANSITIONS[step].type, room }
}
