import { rejectingWith } from '../../../engine/kernel/decision.ts'
import { ROOM_REJECTIONS } from '../../rooms/rules/rejections.ts'

/** Rejects a command with a code of rooms. Trading has none of its own. */
export const reject = rejectingWith(ROOM_REJECTIONS)
