import { Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import { type Amount, isAmount } from '../engine/kernel/amount.ts'
import { formatInstant, type Instant } from '../engine/kernel/instant.ts'
import type { Builder } from './builder.ts'
import { parseInstant } from './rfc3339.ts'

const MAX_JSON_BYTES = 16 * 1024

/** Deeper values could overflow the stack, here or in a client. */
const MAX_JSON_DEPTH = 100

function instantOf(value: unknown): Instant {
  const parsed = typeof value === 'string' ? parseInstant(value) : undefined
  if (parsed === undefined) {
    throw new TypeError('DateTime must be an RFC 3339 string such as "2026-11-20T09:30:00.000Z".')
  }
  return parsed
}

function amountOf(value: unknown): Amount {
  // JSON has a negative zero, amounts do not.
  const unsigned = value === 0 ? 0 : value
  if (typeof unsigned === 'number' && isAmount(unsigned)) return unsigned
  throw new TypeError('Amount must be a whole number within ±(2^53 − 1).')
}

/** The reader of the topic checks whether the cursor belongs to it. */
function cursorOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('Cursor must be a string issued by this server.')
}

function jsonOf(value: unknown): unknown {
  if (!isWithinDepth(value, MAX_JSON_DEPTH)) {
    throw new TypeError(`JSON must nest at most ${MAX_JSON_DEPTH} levels deep.`)
  }
  if (Buffer.byteLength(JSON.stringify(value) ?? '') <= MAX_JSON_BYTES) return value
  throw new TypeError('JSON must be at most 16 KiB when serialised.')
}

function isWithinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((each) => isWithinDepth(each, levels - 1))
}

function stringIn(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined
}

/** DateTime, Amount, Cursor and JSON. */
export function addScalars(builder: Builder): void {
  builder.scalarType('DateTime', {
    description: 'An instant in UTC, RFC 3339 with milliseconds: 2026-11-20T09:30:00.000Z.',
    serialize: formatInstant,
    parseValue: instantOf,
    parseLiteral: (node) => instantOf(stringIn(node)),
  })

  builder.scalarType('Amount', {
    description:
      "A whole number of a currency's minor units (cents, coins), as a JSON integer within ±(2^53 − 1).",
    serialize: amountOf,
    parseValue: amountOf,
    parseLiteral: (node) => amountOf(node.kind === Kind.INT ? Number(node.value) : undefined),
  })

  builder.scalarType('Cursor', {
    description:
      "An opaque position in one topic's history. Pass the last one you received as `after` to resume with\n" +
      'nothing lost and nothing repeated. It is valid on every node, and only for the topic it came from.',
    serialize: (cursor) => cursor,
    parseValue: cursorOf,
    parseLiteral: (node) => cursorOf(stringIn(node)),
  })

  builder.scalarType('JSON', {
    description: 'Any JSON value, at most 16 KiB when serialised and 100 levels deep.',
    serialize: (value) => value,
    parseValue: jsonOf,
    parseLiteral: (node, variables) => jsonOf(valueFromASTUntyped(node, variables)),
  })
}
