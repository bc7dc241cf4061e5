import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { portOf } from './free-port.ts'

/** A proxy between a client and a server that simulates network faults. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Cuts all connections; new ones are accepted. */
  cut(): void
  /** Cuts all connections, and resets new ones. */
  shut(): void
  open(): void
  /** Keeps all connections, old and new, open without forwarding: everything sent is lost. */
  swallow(): void
  /** Lets new connections through again; the old ones stay dead, having lost bytes. */
  heal(): void
  /** Delays everything sent from now on; a function is called for each chunk. */
  delay(ms: number | (() => number)): void
  /** Limits the bandwidth of each connection per direction. */
  throttle(bytesPerSecond: number): void
  /** Routes new connections to the server on this port; existing ones stay. */
  switchTo(targetPort: number): void
}

/** A TCP proxy on 127.0.0.1 in front of the server on `firstTargetPort`; on a free port by default. */
export async function startProxy(firstTargetPort: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const links = new Set<{ passes: boolean }>()
  let passes = true
  let isOpen = true
  let targetPort = firstTargetPort
  let delayMs: number | (() => number) = 0
  let bytesPerSecond = Number.POSITIVE_INFINITY

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket.setNoDelay(true)
  }

  /** Forwards one direction, in order, within the bandwidth. */
  function carry(from: Socket, to: Socket, link: { readonly passes: boolean }): void {
    let last: Promise<void> | undefined
    from.on('data', (data) => {
      if (!link.passes) return
      const lateMs = typeof delayMs === 'number' ? delayMs : delayMs()
      const holdMs = lateMs + (data.length / bytesPerSecond) * 1000
      if (holdMs === 0 && last === undefined) {
        to.write(data)
        return
      }
      from.pause()
      const sent = (last ?? Promise.resolve()).then(async () => {
        await pause(holdMs)
        if (link.passes && !to.destroyed) to.write(data)
        if (last === sent) last = undefined
        from.resume()
      })
      last = sent
    })
  }

  const server = createServer((client) => {
    keep(client)
    if (!isOpen) {
      client.resetAndDestroy()
      return
    }
    const link = { passes }
    const target = keep(connect(targetPort, '127.0.0.1'))
    links.add(link)
    carry(client, target, link)
    carry(target, client, link)
    client.on('close', () => {
      links.delete(link)
      target.destroy()
    })
    target.on('close', () => link.passes && client.destroy())
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')

  function cut(): void {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  return {
    port: portOf(server),
    cut,
    shut() {
      isOpen = false
      cut()
    },
    open() {
      isOpen = true
    },
    swallow() {
      passes = false
      for (const link of links) link.passes = false
    },
    heal() {
      passes = true
    },
    delay(ms) {
      delayMs = ms
    },
    throttle(limit) {
      bytesPerSecond = limit
    },
    switchTo(port) {
      targetPort = port
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
