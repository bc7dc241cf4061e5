import { createHash } from 'node:crypto'
import type { Brand } from './brand.ts'
import { asEpoch, asOffset, type Position } from './position.ts'
import type { Topic } from './topic.ts'

/** A position of one topic as clients hold it: opaque, printable, valid on every node. */
export type Cursor = Brand<string, 'Cursor'>

const LENGTH = /^[\w-]{10,48}$/
const PARTS = /^1\.([\w-]{6})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/

const fingerprints = new Map<Topic, string>()
const MAX_FINGERPRINTS = 10_000

/** Six characters that tell the topic: enough to refuse another topic's cursor, too few to reveal its id. */
function fingerprintOf(topic: Topic): string {
  const known = fingerprints.get(topic)
  if (known !== undefined) return known
  if (fingerprints.size >= MAX_FINGERPRINTS) fingerprints.clear()
  const made = createHash('sha256').update(topic).digest('base64url').slice(0, 6)
  fingerprints.set(topic, made)
  return made
}

export function encodeCursor(topic: Topic, position: Position): Cursor {
  const text = `1.${fingerprintOf(topic)}.${position.epoch.toString(36)}.${position.offset.toString(36)}`
  return Buffer.from(text, 'latin1').toString('base64url') as Cursor
}

/** The position that `text` names in `topic`, or undefined where it is no cursor, or another topic's. */
export function decodeCursor(topic: Topic, text: string): Position | undefined {
  if (!LENGTH.test(text)) return undefined
  const parts = PARTS.exec(Buffer.from(text, 'base64url').toString('latin1'))
  if (parts === null) return undefined
  const [, fingerprint = '', epoch = '', offset = ''] = parts
  if (fingerprint !== fingerprintOf(topic)) return undefined
  const position = { epoch: asEpoch(parseInt(epoch, 36)), offset: asOffset(parseInt(offset, 36)) }
  const isExact = Number.isSafeInteger(position.epoch) && Number.isSafeInteger(position.offset)
  return isExact && encodeCursor(topic, position) === text ? position : undefined
}
