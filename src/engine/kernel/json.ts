import { isDeepStrictEqual } from 'node:util'

/** Whether two values are the same JSON, whatever the order of their members. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other))
}

/** The value after a round trip through JSON text, without the prototypes that would make equal objects differ. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** Deeper values overflow the stack when they are serialised or compared again, also by libraries. */
const MAX_NESTING = 200
const [QUOTE, BACKSLASH] = [34, 92]
const OPENING: ReadonlySet<number> = new Set([91, 123])
const CLOSING: ReadonlySet<number> = new Set([93, 125])

/** Whether JSON text nests deeper than MAX_NESTING. Check it before parsing. */
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
