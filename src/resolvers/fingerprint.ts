import { createHash } from 'node:crypto'
import { asRoomId } from '../features/rooms/ids.ts'

/**
 * The same for two calls of `mutation` exactly when their inputs say the same: the order of fields doesn't
 * matter, a field that is null is one left out, and a room is the same by either of its ids.
 */
export function fingerprint(mutation: string, input: object): string {
  return createHash('sha256')
    .update(`${mutation}\n${JSON.stringify(input, canonically)}`)
    .digest('base64url')
}

function canonically(key: string, value: unknown): unknown {
  if (key === 'roomId' && typeof value === 'string') return asRoomId(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const present = Object.entries(value).filter(([, member]) => member !== null && member !== undefined)
  return Object.fromEntries(present.sort(([one], [other]) => (one < other ? -1 : 1)))
}
