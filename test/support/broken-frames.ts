import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Bytes that are not a valid client frame (RFC 6455), and the resulting close code. */
export const BROKEN_FRAMES = [
  { called: 'an unmasked frame', bytes: Buffer.from([0x81, 0x02, 0x7b, 0x7d]), code: 1002 },
  { called: 'a frame with reserved bits', bytes: Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), code: 1002 },
  { called: 'a frame with an unknown opcode', bytes: Buffer.from([0x83, 0x80, 0, 0, 0, 0]), code: 1002 },
  { called: 'a text that is not UTF-8', bytes: Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), code: 1007 },
  {
    called: 'a head that claims 2^40 bytes',
    bytes: Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0]),
    code: 1009,
  },
  { called: 'a continuation of nothing', bytes: Buffer.from([0x80, 0x80, 0, 0, 0, 0]), code: 1002 },
  { called: 'a ping of 126 bytes', bytes: Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), code: 1002 },
] as const

/** An idle TCP connection to a node. */
export async function openTcp(url: string): Promise<Socket> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  // A reset counts as an answer.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Upgrades a connection to a WebSocket. Throws on failure. */
export async function upgrade(socket: Socket): Promise<void> {
  socket.write(
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  )
  const [head] = await once(socket, 'data')
  if (!String(head).includes('101 Switching Protocols')) throw new Error(`no upgrade: ${head}`)
}

/** Everything received until the server ends it. */
export async function restOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks)
}

const CLOSE = 8

/** The code in the close frame, which frames of up to 125 bytes may precede, such as a ping. */
export function codeIn(frames: Buffer): number {
  let at = 0
  while (at < frames.length && (frames.readUInt8(at) & 0x0f) !== CLOSE) at += 2 + frames.readUInt8(at + 1)
  return frames.readUInt16BE(at + 2)
}
