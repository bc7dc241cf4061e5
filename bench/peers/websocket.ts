import { WebSocket, WebSocketServer } from 'ws'
import { createEvent, createPeerServer, listen, messageOf } from './peer.ts'

/** Plain `ws`: one `send` of a string for each subscriber. */
const rooms = new Map<string, Set<WebSocket>>()

const server = createPeerServer((topic, time) => {
  const message = messageOf(createEvent(topic, time))
  for (const socket of rooms.get(topic) ?? []) {
    if (socket.readyState === WebSocket.OPEN) socket.send(message)
  }
})

new WebSocketServer({ server }).on('connection', (socket, request) => {
  const topic = (request.url ?? '').slice(1)
  const members = rooms.get(topic) ?? new Set()
  rooms.set(topic, members.add(socket))
  socket.on('close', () => members.delete(socket))
})
listen(server)
