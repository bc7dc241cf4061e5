import { rejectingWith } from '../../../engine/kernel/decision.ts'

export const ROOM_REJECTIONS = ['NOT_A_MEMBER', 'MUTED', 'REMOVED'] as const

/** Rejects a command with a code of rooms or of the features they build on. */
export const reject = rejectingWith(ROOM_REJECTIONS)
