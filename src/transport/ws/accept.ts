import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { newConnectionId } from '../../engine/kernel/id.ts'
import type { Session } from '../../engine/session/session.ts'
import type { Credential } from '../../platform/auth/credentials.ts'
import { withLogScope } from '../../platform/logging/scope.ts'
import { credentialOf } from '../sign-in.ts'
import { CLOSE, type CloseCounts, protocolErrorCode } from './close-codes.ts'
import { Connection } from './connection.ts'
import type { Heartbeat } from './heartbeat.ts'
import { receiveMessages } from './inbox.ts'
import type { OpenConnections } from './open-connections.ts'
import type { WsServerOptions } from './options.ts'
import { Protocol } from './protocol.ts'

/** Dependencies shared by the connections of a server. */
export interface Shared {
  readonly options: WsServerOptions
  readonly connections: OpenConnections
  readonly closeCounts: CloseCounts
  readonly heartbeat: Heartbeat
}

/** An upgraded socket, and its request. */
export interface Upgraded {
  readonly socket: WebSocket
  readonly session: Session
  readonly request: IncomingMessage
  readonly stream: Duplex
}

/** A connection with its session and protocol. */
interface Open {
  readonly connection: Connection
  readonly session: Session
  readonly protocol: Protocol
}

/** Runs the protocol over a socket until it closes. */
export function accept({ socket, session, request, stream }: Upgraded, shared: Shared): Connection {
  const { options, connections } = shared
  const connection = new Connection({
    ...{ id: newConnectionId(), socket, stream, log: options.log },
    maxBufferBytes: options.maxSendBufferBytes,
    onClosing: () => {
      protocol.close()
      session.close()
    },
  })
  const credential = credentialOf(request)
  const protocol = new Protocol(options, connection, session, credential)
  connections.add(socket, connection)
  listen(socket, { connection, session, protocol }, shared)
  protocol.open(socket.protocol)
  refuseBadToken(connection, credential, options)
  return connection
}

function listen(
  socket: WebSocket,
  open: Open,
  { options, connections, closeCounts, heartbeat }: Shared,
): void {
  const { connection, session, protocol } = open
  const lane = options.share.lane(() => session.client)
  const dropMessages = receiveMessages(socket, lane, (message) => handle(message, open, options))
  /** `ws` closes by itself with the right code if a message is too large or a frame is malformed. */
  let brokenWith: number | undefined
  socket.on('error', (error) => {
    brokenWith = protocolErrorCode(error)
    protocol.close()
    session.close()
    connection.protocolBroken()
    connection.log.info({ err: error }, 'the client broke the protocol')
  })
  socket.on('pong', () => {
    connection.isAlive = true
  })
  const unfollow = heartbeat.follow(connection)
  socket.once('close', (code) => {
    dropMessages()
    closeCounts.add(connection.closedWith ?? brokenWith ?? code)
    unfollow()
    protocol.close()
    session.close()
    connection.closed()
    options.log.debug({ connectionId: connection.id, code }, 'connection closed')
    connections.delete(socket)
  })
}

function handle(message: string, { connection, session, protocol }: Open, options: WsServerOptions): void {
  connection.isAlive = true
  options.beforeMessage()
  if (!session.isListening) return
  try {
    withLogScope(connection.logScope, () => protocol.receive(message))
  } catch (error) {
    connection.log.error({ err: error }, 'a message could not be handled')
    connection.close(CLOSE.fault, 'Internal server error')
  }
}

/** A bad token on the upgrade closes the connection only after the upgrade, so that browsers can read the reason. */
function refuseBadToken(
  connection: Connection,
  credential: Credential,
  { signIn }: Pick<WsServerOptions, 'signIn'>,
): void {
  if (credential.kind === 'none') return
  signIn(credential).then(
    (signedIn) => {
      if (signedIn.kind === 'refused') connection.close(CloseCode.Forbidden, signedIn.reason)
    },
    (error: unknown) => connection.log.warn({ err: error }, 'a token could not be verified'),
  )
}
