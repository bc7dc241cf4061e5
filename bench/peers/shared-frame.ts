import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { createEvent, createPeerServer, listen, messageOf } from './peer.ts'

/** `ws` for the handshake only: one frame a message, made once and written to each subscriber's socket. */
const rooms = new Map<string, Set<Duplex>>()

/** An unmasked text frame of 126 bytes to 64 KiB (RFC 6455, section 5.2). */
function frameOf(message: string): Buffer {
  const length = Buffer.byteLength(message)
  const frame = Buffer.allocUnsafe(length + 4)
  frame[0] = 0x81
  frame[1] = 126
  frame.writeUInt16BE(length, 2)
  frame.write(message, 4)
  return frame
}

const server = createPeerServer((topic, time) => {
  const frame = frameOf(messageOf(createEvent(topic, time)))
  for (const socket of rooms.get(topic) ?? []) {
    if (socket.writable) socket.write(frame)
  }
})

const upgrades = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  upgrades.handleUpgrade(request, socket, head, (opened) => {
    const topic = (request.url ?? '').slice(1)
    const members = rooms.get(topic) ?? new Set()
    rooms.set(topic, members.add(socket))
    opened.on('close', () => members.delete(socket))
  })
})
listen(server)
