import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { createEvent, createPeerServer, listen } from './peer.ts'

/** Socket.IO 4 over WebSockets only; with its Redis adapter where there is a Redis. It checks no tokens. */
const server = createPeerServer((topic, time) => {
  // Nested as an answer of GraphQL is, to weigh the same.
  const payload = { data: { bidPlaced: createEvent(topic, time) } }
  sockets.to(topic).emit('next', { id: '00000000-5f3a-4c1b-9d2e-000000000001', payload })
})
const sockets = new Server(server, { transports: ['websocket'] })
const redisUrl = process.env['REDIS_URL']
if (redisUrl !== undefined) sockets.adapter(createAdapter(new Redis(redisUrl), new Redis(redisUrl)))
sockets.on('connection', (socket) => {
  socket.on('join', async (topic, acknowledge) => {
    await socket.join(topic)
    acknowledge()
  })
})
listen(server)
