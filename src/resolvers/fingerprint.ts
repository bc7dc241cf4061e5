import { createHash } from 'node:crypto'
import { asRoomId } from '../features/rooms/ids.ts'

/**
 * Equal for two calls of `mutation` exactly if their inputs are equivalent: field order does not matter, null equals
 * omitted, and either id of a room counts as the same.
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
