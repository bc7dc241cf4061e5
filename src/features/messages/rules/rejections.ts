import { rejectingWith } from '../../../engine/kernel/decision.ts'
import { ROOM_REJECTIONS } from '../../rooms/rules/rejections.ts'

export const MESSAGE_REJECTIONS = ['NOT_AUTHOR'] as const

/** Rejects a command with a code of messages or of the features they build on. */
export const reject = rejectingWith([...ROOM_REJECTIONS, ...MESSAGE_REJECTIONS])
