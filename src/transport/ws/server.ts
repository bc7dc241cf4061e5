import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, handleProtocols } from 'graphql-ws'
import type { Logger } from 'pino'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { newConnectionId } from '../../engine/kernel/id.ts'
import type { ClientKey } from '../../engine/session/client-key.ts'
import type { Session } from '../../engine/session/session.ts'
import type { Sessions } from '../../engine/session/sessions.ts'
import type { SignIn } from '../../engine/session/sign-in.ts'
import type { Credential } from '../../platform/auth/credentials.ts'
import type { ClientAddress } from '../../platform/limits/client-address.ts'
import type { FairShare } from '../../platform/limits/fair-share.ts'
import { withLogScope } from '../../platform/logging/scope.ts'
import type { Services } from '../../resolvers/services.ts'
import type { Operations } from '../graphql-operation.ts'
import type { OriginPolicy } from '../http/origin.ts'
import type { Mask } from '../masking.ts'
import { credentialOf } from '../sign-in.ts'
import { HEARTBEAT_MS } from './acknowledgement.ts'
import { codeOfBreach, createClosings } from './close-codes.ts'
import { CLOSE, Connection } from './connection.ts'
import { Heartbeat } from './heartbeat.ts'
import { Protocol } from './protocol.ts'

export interface WsServerOptions {
  readonly operations: Operations
  readonly services: Services
  readonly sessions: Sessions
  readonly clientAddress: ClientAddress
  /** Messages are handled within the share of their client. */
  readonly share: FairShare<ClientKey>
  readonly signIn: (credential: Credential) => Promise<SignIn>
  /** Called before a message is handled: it may close the connection that the message came by. */
  readonly beforeMessage: () => void
  readonly origins: OriginPolicy
  readonly mask: Mask
  readonly log: Logger
  readonly maxMessageBytes: number
  readonly maxSendBufferBytes: number
}

export interface WsServer {
  /** For the HTTP server's `upgrade` event, where the path is that of GraphQL. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  readonly connectionCount: number
  /** Queued in this process for all connections together. */
  queuedBytes(): number
  /** How connections ended since the start, by close code: `Closings`. */
  readonly closings: ReadonlyMap<string, number>
  /** Resolves when all connections are gone; after `withinMs` they are cut. Their sessions end by themselves. */
  close(withinMs: number): Promise<void>
}

/** A connection and what runs over it. */
interface Open {
  readonly connection: Connection
  readonly session: Session
  readonly protocol: Protocol
}

/** A socket with more queued messages than this is not read until they are handled. */
const MAX_QUEUED_MESSAGES = 32

export function createWsServer(options: WsServerOptions): WsServer {
  const { sessions, log } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
  })
  const connections = new Map<WebSocket, Connection>()
  const closings = createClosings()
  const heartbeat = new Heartbeat(HEARTBEAT_MS)
  let whenEmpty: (() => void) | undefined

  /** The session comes first: it has a place among the limits before the upgrade is answered. */
  function openSession(request: IncomingMessage, stream: Duplex): ((socket: WebSocket) => void) | undefined {
    let connection: Connection | undefined
    const session = sessions.open(
      { end: (ending) => (connection === undefined ? stream.destroy() : connection.end(ending)) },
      options.clientAddress(request),
    )
    if (typeof session === 'string') return undefined
    // `ws` refuses a handshake that is none by itself, and ends the stream.
    const abandon = (): void => session.close()
    stream.once('close', abandon)
    return (socket) => {
      stream.off('close', abandon)
      connection = accept(socket, session, request, stream)
    }
  }

  function accept(socket: WebSocket, session: Session, request: IncomingMessage, stream: Duplex): Connection {
    const id = newConnectionId()
    const connection = new Connection({
      ...{ id, socket, stream, log, maxBufferBytes: options.maxSendBufferBytes },
      onClosing: () => {
        protocol.close()
        session.close()
      },
    })
    const credential = credentialOf(request)
    const protocol = new Protocol(options, connection, session, credential)
    connections.set(socket, connection)
    listen(socket, { connection, session, protocol })
    protocol.open(socket.protocol)
    refuseAtOnce(connection, credential)
    return connection
  }

  function listen(socket: WebSocket, { connection, session, protocol }: Open): void {
    const scope = { connectionId: connection.id }
    const lane = options.share.lane(() => session.client)
    const handle = (data: RawData): void => {
      connection.isAlive = true
      options.beforeMessage()
      if (!session.isListening) return
      try {
        withLogScope(scope, () => protocol.receive(String(data)))
      } catch (error) {
        connection.log.error({ err: error }, 'a message could not be handled')
        connection.close(CLOSE.fault, 'Internal server error')
      }
    }
    socket.on('message', (data) => {
      lane.run(() => {
        handle(data)
        if (socket.isPaused && lane.length === 0) socket.resume()
      })
      if (lane.length > MAX_QUEUED_MESSAGES) socket.pause()
    })
    // Above the size limit, or no frame at all: ws closes with the right code by itself.
    let brokenWith: number | undefined
    socket.on('error', (error) => {
      brokenWith = codeOfBreach(error)
      protocol.close()
      session.close()
      connection.forsake()
      connection.log.info({ err: error }, 'the client broke the protocol')
    })
    socket.on('pong', () => {
      connection.isAlive = true
    })
    const unfollow = heartbeat.follow(connection)
    socket.once('close', (code) => {
      lane.clear()
      connections.delete(socket)
      closings.count(connection.closedWith ?? brokenWith ?? code)
      unfollow()
      protocol.close()
      session.close()
      connection.forget()
      log.debug({ connectionId: connection.id, code }, 'connection closed')
      if (connections.size === 0) whenEmpty?.()
    })
  }

  /** A bad token on the upgrade closes at once, after the upgrade, so that browsers can read why. */
  function refuseAtOnce(connection: Connection, credential: Credential): void {
    if (credential.kind === 'none') return
    options.signIn(credential).then(
      (signedIn) => {
        if (signedIn.kind === 'refused') connection.close(CloseCode.Forbidden, signedIn.reason)
      },
      (error: unknown) => connection.log.warn({ err: error }, 'a token could not be checked'),
    )
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

    queuedBytes() {
      let sum = 0
      for (const { writer } of connections.values()) sum += writer.queuedBytes
      return sum
    },

    closings: closings.counts,

    async close(withinMs) {
      const cut = setTimeout(() => {
        for (const socket of connections.keys()) socket.terminate()
      }, withinMs)
      await new Promise<void>((resolve) => {
        if (connections.size === 0) resolve()
        else whenEmpty = resolve
      })
      clearTimeout(cut)
      heartbeat.close()
    },
  }
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
