import { describeError, shorten, withoutValues } from './errors.ts'

const MAX_TEXT = 1_000
const MAX_ITEMS = 50
const MAX_DEPTH = 4
/** Limit on all fields of a line together. */
const MAX_LINE = 16 * 1024

/** Anything can be thrown, including client input: fields with these names are only logged as described errors. */
const ERROR_FIELDS: ReadonlySet<string> = new Set(['err', 'error'])

/** Makes the fields of a log line safe to write: errors described, texts and lists bounded. */
export function describeFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, describeField(name, value)]))
}

function describeField(name: string, value: unknown): unknown {
  if (ERROR_FIELDS.has(name) && value !== undefined) return describeError(value)
  // An error message from another program.
  if (name === 'problem' && typeof value === 'string') return withoutValues(value)
  return describeValue(value, 1)
}

function describeValue(value: unknown, depth: number): unknown {
  if (value instanceof Error) return describeError(value)
  if (typeof value === 'string') return shorten(value, MAX_TEXT)
  if (Array.isArray(value)) {
    return depth >= MAX_DEPTH ? '…' : value.slice(0, MAX_ITEMS).map((each) => describeValue(each, depth + 1))
  }
  if (!isPlain(value)) return value
  if (depth >= MAX_DEPTH) return '…'
  const entries = Object.entries(value).slice(0, MAX_ITEMS)
  return Object.fromEntries(entries.map(([name, each]) => [name, describeValue(each, depth + 1)]))
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Bounds a JSON line: one that is too long keeps only its level, time and message. */
export function boundLine(line: string): string {
  if (line.length <= MAX_LINE) return line
  const { level, time, msg }: { readonly level?: unknown; readonly time?: unknown; readonly msg?: unknown } =
    JSON.parse(line)
  const message = shorten(String(msg ?? ''), MAX_TEXT)
  return `${JSON.stringify({ level, time, msg: message, leftOutChars: line.length })}\n`
}
