import { type Instant, instant } from '../kernel/instant.ts'
import { advance, asEpoch, asOffset, type Epoch, type Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Entry } from './entry.ts'

/**
 * The bus message for one committed batch: consecutive entries starting at `first`. `entries` is
 * undefined if they were too large to send; receivers then read them from the history.
 */
export interface Notice {
  readonly epoch: Epoch
  readonly first: Offset
  readonly last: Offset
  readonly entries: readonly Entry[] | undefined
  /** The `traceparent` of the batch, if its node traces and the trace was sampled. */
  readonly trace: string | undefined
}

/** Larger notices carry the range alone. In characters, roughly bytes. */
const MAX_NOTICE_LENGTH = 256 * 1024

interface Wire {
  readonly e: number
  readonly f: number
  readonly l: number
  readonly at: number
  readonly t?: string
  readonly x?: readonly (readonly [type: string, data: object])[]
}

/** `entries`: at least one; consecutive entries of one batch with the same time. */
export function encodeNotice(entries: readonly Entry[], trace?: string): string {
  const [first] = entries
  const last = entries.at(-1)
  if (first === undefined || last === undefined) throw new RangeError('a notice announces at least one entry')
  const traced = trace === undefined ? {} : { t: trace }
  const range = { e: first.epoch, f: first.offset, l: last.offset, at: first.at, ...traced }
  const text = JSON.stringify({ ...range, x: entries.map(({ type, data }) => [type, data]) } satisfies Wire)
  return text.length <= MAX_NOTICE_LENGTH ? text : JSON.stringify(range satisfies Wire)
}

/** Undefined if `text` is not the output of `encodeNotice`; receivers then read the entries from the history. */
export function decodeNotice(topic: Topic, text: string): Notice | undefined {
  const wire = parse(text)
  if (!isWire(wire)) return undefined
  const [epoch, first, at]: [Epoch, Offset, Instant] = [asEpoch(wire.e), asOffset(wire.f), instant(wire.at)]
  const entries = wire.x?.map(([type, data], index) => ({
    topic,
    epoch,
    offset: advance(first, index),
    at,
    type,
    data,
  }))
  return { epoch, first, last: asOffset(wire.l), entries, trace: wire.t }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isWire(value: unknown): value is Wire {
  if (!isObject(value) || !('e' in value && 'f' in value && 'l' in value && 'at' in value)) return false
  const { e, f, l, at } = value
  if (!Number.isSafeInteger(e) || !isOffset(f) || !isOffset(l) || l < f || !Number.isSafeInteger(at))
    return false
  if ('t' in value && typeof value.t !== 'string') return false
  if (!('x' in value)) return true
  return Array.isArray(value.x) && value.x.length === l - f + 1 && value.x.every(isWireEntry)
}

function isWireEntry(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && isObject(value[1])
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
