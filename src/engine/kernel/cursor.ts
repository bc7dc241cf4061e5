import { createHash } from 'node:crypto'
import type { Brand } from './brand.ts'
import { FAR_FUTURE, type Instant, instant } from './instant.ts'
import { asEpoch, asOffset, type Position } from './position.ts'
import type { Topic } from './topic.ts'

/** A position in one topic as clients hold it: opaque, printable, valid on every node. */
export type Cursor = Brand<string, 'Cursor'>

const LENGTH = /^[\w-]{10,64}$/
const PARTS = /^1\.([\w-]{6})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})(?:\.([0-9a-z]{1,11}))?$/

const fingerprints = new Map<Topic, string>()
const MAX_FINGERPRINTS = 10_000

/** Six characters derived from the topic: enough to reject another topic's cursor, too few to reveal its id. */
function fingerprintOf(topic: Topic): string {
  const known = fingerprints.get(topic)
  if (known !== undefined) return known
  if (fingerprints.size >= MAX_FINGERPRINTS) fingerprints.clear()
  const made = createHash('sha256').update(topic).digest('base64url').slice(0, 6)
  fingerprints.set(topic, made)
  return made
}

/** A position and, for a snapshot of what one reader may see, the time of its state. */
export interface CursorPosition extends Position {
  readonly seenAt?: Instant | undefined
}

export function encodeCursor(topic: Topic, { epoch, offset, seenAt }: CursorPosition): Cursor {
  const moment = seenAt === undefined ? '' : `.${seenAt.toString(36)}`
  const text = `1.${fingerprintOf(topic)}.${epoch.toString(36)}.${offset.toString(36)}${moment}`
  return Buffer.from(text, 'latin1').toString('base64url') as Cursor
}

/** The position that `text` encodes in `topic`. Undefined if `text` is no cursor or one of another topic. */
export function decodeCursor(topic: Topic, text: string): CursorPosition | undefined {
  if (!LENGTH.test(text)) return undefined
  const parts = PARTS.exec(Buffer.from(text, 'base64url').toString('latin1'))
  if (parts === null) return undefined
  const [, fingerprint = '', epoch = '', offset = '', moment] = parts
  if (fingerprint !== fingerprintOf(topic)) return undefined
  const seenAt = moment === undefined ? undefined : instant(parseInt(moment, 36))
  const position = { epoch: asEpoch(parseInt(epoch, 36)), offset: asOffset(parseInt(offset, 36)), seenAt }
  // Out of the range of timestamps.
  const isExact =
    Number.isSafeInteger(position.epoch) &&
    Number.isSafeInteger(position.offset) &&
    (seenAt ?? 0) <= FAR_FUTURE
  return isExact && encodeCursor(topic, position) === text ? position : undefined
}
