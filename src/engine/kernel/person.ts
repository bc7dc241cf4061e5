import { createHash } from 'node:crypto'
import type { UserId } from './id.ts'
import { hasVisibleCharacter, withoutBidiControls } from './text.ts'

/** A user as entries refer to one, with their name at that time. */
export interface Person {
  readonly id: UserId
  readonly name: string
}

const MAX_NAME_LENGTH = 200
const CONTROL_CHARACTERS = /\p{Cc}/gu

/**
 * The user by the name that was given, as people may see it: without control characters, those for the direction of text
 * included, and at most 200 characters long. Without a visible one the user is named by the id, in the same way, and at
 * last by a fingerprint of it.
 */
export function personNamed(id: UserId, given = ''): Person {
  const name = [given, id].map(shownPart).find(hasVisibleCharacter)
  return { id, name: name ?? `User ${createHash('sha256').update(id).digest('hex').slice(0, 8)}` }
}

function shownPart(text: string): string {
  const shown = withoutBidiControls(text.toWellFormed().replace(CONTROL_CHARACTERS, '')).trim()
  // Counted in code points: a cut between the halves of a surrogate pair could not be stored.
  return Array.from(shown).slice(0, MAX_NAME_LENGTH).join('').trim()
}
