import { isDeepStrictEqual } from 'node:util'

/** Whether two values are the same JSON, whatever the order of their members. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other))
}

/** As it comes back from text: without the prototypes by which equal objects would differ. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** Deeper values run out of stack where they are written or compared again, also by libraries. */
const MAX_NESTING = 200
const [QUOTE, BACKSLASH] = [34, 92]
const OPENING: ReadonlySet<number> = new Set([91, 123])
const CLOSING: ReadonlySet<number> = new Set([93, 125])

/** Whether a text of JSON nests deeper than any client of ours does. To be asked before it is parsed. */
export function isNestedTooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_NESTING) return false
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (isInString) {
      if (code === BACKSLASH) at += 1
      else if (code === QUOTE) isInString = false
    } else if (code === QUOTE) isInString = true
    else if (OPENING.has(code)) {
      depth += 1
      if (depth > MAX_NESTING) return true
    } else if (CLOSING.has(code)) depth -= 1
  }
  return false
}
