import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from './free-port.ts'

/** A TCP proxy on 127.0.0.1 that can be shut. */
export interface Door extends AsyncDisposable {
  readonly port: number
  /** Cuts all connections, and resets those who come. */
  shut(): void
  open(): void
}

/** An open door before the server on `targetPort`. */
export async function startDoor(targetPort: number): Promise<Door> {
  const sockets = new Set<Socket>()
  let isOpen = true

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket.setNoDelay(true)
  }

  const server = createServer((client) => {
    keep(client)
    if (!isOpen) {
      client.resetAndDestroy()
      return
    }
    const target = keep(connect(targetPort, '127.0.0.1'))
    client.pipe(target).pipe(client)
    client.on('close', () => target.destroy())
    target.on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  function shut(): void {
    isOpen = false
    for (const socket of sockets) socket.resetAndDestroy()
  }

  return {
    port: portOf(server),
    shut,
    open() {
      isOpen = true
    },
    async [Symbol.asyncDispose]() {
      shut()
      server.close()
      await once(server, 'close')
    },
  }
}
