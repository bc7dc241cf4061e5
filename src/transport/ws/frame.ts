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

/** A whole text message. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = textHeadLength(length)
  const frame = Buffer.allocUnsafe(head + length)
  writeTextHead(frame, 0, length)
  frame.write(text, head)
  return frame
}

const CLOSING_BRACE = '}'.charCodeAt(0)

/**
 * Makes the `next` messages of one operation (graphql-transport-ws): `{"id":…,"type":"next","payload":` is the
 * operation's own, the payload is shared with others and copied as bytes.
 */
export function createNextFrames(operationId: string): (payload: Buffer) => Buffer {
  const opening = Buffer.from(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`)
  return (payload) => {
    const length = opening.length + payload.length + 1
    const head = textHeadLength(length)
    const frame = Buffer.allocUnsafe(head + length)
    writeTextHead(frame, 0, length)
    opening.copy(frame, head)
    payload.copy(frame, head + opening.length)
    frame[frame.length - 1] = CLOSING_BRACE
    return frame
  }
}
