import type { Payload, Result } from '../../engine/hub/delivery.ts'
import type { FrameTemplate, OperationIdSlot } from '../writer.ts'

/** RFC 6455 §5.2: the head of an unmasked, unfragmented text message of `length` bytes. */
function writeTextHead(target: Buffer, at: number, length: number): void {
  target[at] = 0x81
  if (length < 126) target[at + 1] = length
  else if (length < 65_536) {
    target[at + 1] = 126
    target.writeUInt16BE(length, at + 2)
  } else {
    target[at + 1] = 127
    target.writeBigUInt64BE(BigInt(length), at + 2)
  }
}

function textHeadLength(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10
}

/** An empty ping frame. */
export const PING = Buffer.from([0x89, 0])

/** A complete text message. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = textHeadLength(length)
  const frame = Buffer.allocUnsafe(head + length)
  writeTextHead(frame, 0, length)
  frame.write(text, head)
  return frame
}

const ID_BEFORE = '{"id":'
const ID_AFTER = ',"type":"next","payload":'
/** Keyed by the length of the operation id in bytes of JSON. */
const framesOf = new WeakMap<Payload, Map<number, FrameTemplate>>()

/** The id of an operation, as JSON. */
export const idSlotOf = (operationId: string): OperationIdSlot => {
  const text = JSON.stringify(operationId)
  return { text, length: Buffer.byteLength(text) }
}

/**
 * The `next` messages (graphql-transport-ws) of a payload, as a template for all operations whose ids have this length.
 */
export function nextFrames(payload: Payload, idLength: number): FrameTemplate {
  const byLength = framesOf.get(payload) ?? new Map<number, FrameTemplate>()
  const known = byLength.get(idLength)
  if (known !== undefined) return known
  const made = makeFrames(payload.results, idLength)
  framesOf.set(payload, byLength.set(idLength, made))
  return made
}

function makeFrames(results: readonly Result[], idLength: number): FrameTemplate {
  const around = ID_BEFORE.length + idLength + ID_AFTER.length + '}'.length
  let size = 0
  for (const { json } of results) size += textHeadLength(around + json.length) + around + json.length
  const bytes = Buffer.allocUnsafe(size)
  const offsets: number[] = []
  let at = 0
  for (const { json } of results) {
    const length = around + json.length
    writeTextHead(bytes, at, length)
    at += textHeadLength(length)
    at += bytes.write(ID_BEFORE, at, 'latin1')
    offsets.push(at)
    at += idLength
    at += bytes.write(ID_AFTER, at, 'latin1')
    at += json.copy(bytes, at)
    at += bytes.write('}', at, 'latin1')
  }
  return { bytes, offsets }
}
