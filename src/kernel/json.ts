import { isDeepStrictEqual } from 'node:util'

/** Whether two values are the same JSON, whatever the order of their members. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other))
}

/** As it comes back from text: without the prototypes by which equal objects would differ. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
