import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from './free-port.ts'

export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** From now on all connections, old and new, stay open and nothing passes: what is sent is lost. */
  swallow(): void
  /** Lets new connections through again; the old ones stay dead, having lost bytes. */
  heal(): void
}

/** A TCP proxy on 127.0.0.1 before the server on `targetPort`; on a free port where none is named. */
export async function startProxy(targetPort: number, port = 0): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const links = new Set<{ passes: boolean }>()
  let passes = true

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket.setNoDelay(true)
  }

  const server = createServer((client) => {
    keep(client)
    const link = { passes }
    const target = keep(connect(targetPort, '127.0.0.1'))
    links.add(link)
    client.on('data', (data) => link.passes && target.write(data))
    target.on('data', (data) => link.passes && client.write(data))
    client.on('close', () => {
      links.delete(link)
      target.destroy()
    })
    target.on('close', () => link.passes && client.destroy())
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: portOf(server),
    swallow() {
      passes = false
      for (const link of links) link.passes = false
    },
    heal() {
      passes = true
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
