import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { accept } from './accept.ts'
import { HEARTBEAT_MS } from './acknowledgement.ts'
import { createCloseCounts } from './close-codes.ts'
import type { Connection } from './connection.ts'
import { Heartbeat } from './heartbeat.ts'
import { OpenConnections } from './open-connections.ts'
import type { WsServerOptions } from './options.ts'

export interface WsServer {
  /** For the HTTP server's `upgrade` event, where the path is that of GraphQL. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  readonly connectionCount: number
  /** Bytes queued in this process for all connections. */
  queuedBytes(): number
  /** The number of closed connections since the start, by close code: see `CloseCounts`. */
  readonly closeCodes: ReadonlyMap<string, number>
  /**
   * Resolves when all connections are closed; those open after `withinMs` are terminated. Their sessions end by
   * themselves.
   */
  close(withinMs: number): Promise<void>
}

export function createWsServer(options: WsServerOptions): WsServer {
  const { sessions } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
  })
  const connections = new OpenConnections()
  const closeCounts = createCloseCounts()
  const heartbeat = new Heartbeat(HEARTBEAT_MS)
  const shared = { options, connections, closeCounts, heartbeat }

  /** The session comes first: it takes its slot of the limits before the upgrade is answered. */
  function openSession(request: IncomingMessage, stream: Duplex): ((socket: WebSocket) => void) | undefined {
    let connection: Connection | undefined
    const session = sessions.open(
      { end: (ending) => (connection === undefined ? stream.destroy() : connection.end(ending)) },
      options.clientAddress(request),
    )
    if (typeof session === 'string') return undefined
    // `ws` rejects a malformed handshake by itself, and ends the stream.
    const abandon = (): void => session.close()
    stream.once('close', abandon)
    return (socket) => {
      stream.off('close', abandon)
      connection = accept({ socket, session, request, stream }, shared)
    }
  }

  return {
    upgrade(request, stream, head) {
      if (!options.origins.isAllowed(request.headers.origin, request.headers.host)) {
        refuseUpgrade(stream, '403 Forbidden')
        return
      }
      const opened = openSession(request, stream)
      if (opened === undefined) refuseUpgrade(stream, '503 Service Unavailable')
      else sockets.handleUpgrade(request, stream, head, opened)
    },

    get connectionCount() {
      return connections.size
    },

    queuedBytes: () => connections.queuedBytes(),
    closeCodes: closeCounts.counts,

    async close(withinMs) {
      await connections.drained(withinMs)
      heartbeat.close()
    },
  }
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
