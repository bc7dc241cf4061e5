import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { CloseCode, type Context, handleProtocols, makeServer, type OperationResult } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Credential, tokenFromConnectionParams } from '../../auth/credentials.ts'
import type { Revocations } from '../../auth/revocations.ts'
import type { TokenVerifier } from '../../auth/verifier.ts'
import type { Viewer } from '../../auth/viewer.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Deadlines } from '../../kernel/deadlines.ts'
import { newConnectionId } from '../../kernel/id.ts'
import { formatInstant } from '../../kernel/instant.ts'
import { isNestedTooDeep } from '../../kernel/json.ts'
import type { UserConnections } from '../../limits/user-connections.ts'
import { withLogScope } from '../../logging/scope.ts'
import { capabilitiesOf } from '../../resolvers/capabilities.ts'
import { type CallContext, type ConnectionControl, clientKeyOf } from '../../resolvers/context.ts'
import type { Services } from '../../resolvers/services.ts'
import type { OriginPolicy } from '../http/origin.ts'
import type { Mask } from '../masking.ts'
import type { Operation, Operations, TracedMessage } from '../operation.ts'
import { credentialOf, type SignIn, signIn } from '../sign-in.ts'
import { codeOfBreach, createClosings } from './closings.ts'
import { CLOSE, Connection } from './connection.ts'
import { markOf } from './frame.ts'
import { Heartbeat } from './heartbeat.ts'
import { OperationSink, SilentSource } from './subscription.ts'

export interface WsServerOptions {
  readonly schema: GraphQLSchema
  readonly operations: Operations
  readonly services: Services
  readonly hub: Hub
  readonly verifier: TokenVerifier
  readonly revocations: Revocations
  readonly onSeen: (viewer: Viewer) => void
  readonly deadlines: Deadlines
  /** Called before a message is acted on: it may close the connection that it came by. */
  readonly beforeMessage: () => void
  readonly userConnections: UserConnections
  readonly origins: OriginPolicy
  readonly mask: Mask
  readonly log: Logger
  readonly maxConnections: number
  readonly maxSubscriptionsPerConnection: number
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
  /** Asks all clients to come again, here or elsewhere (1012): what was theirs here is no longer sure. */
  turnOut(reason: string): void
  /**
   * Takes no more connections and asks those there are, in batches over at most a third of `withinMs`, to go
   * elsewhere (1012), each when what it asked is answered. Resolves when all are gone; after `withinMs` they are cut.
   */
  drain(withinMs: number): Promise<void>
}

const INIT_TIMEOUT_MS = 5_000
/** A peer that does not answer a ping before the next one is dead: found within twice this. */
const HEARTBEAT_MS = 12_500
/** Queries and mutations that may be under way on one connection, beside its subscriptions. */
const MAX_OTHER_OPERATIONS = 1_000
const DRAIN_BATCHES = 20
const DRAIN_PAUSE_MS = 100

interface Extra {
  readonly connection: Connection
  /** What came with the upgrade itself; `connection_init` may bring another. */
  readonly upgradeCredential: Credential
  /** Ids of operations; those that have ended are forgotten when room is needed. */
  readonly operations: Set<string>
  readonly subscriptions: Set<string>
}

/** What `onSubscribe` hands to `subscribe` and `execute` through graphql-ws, beside what that needs itself. */
interface ExecutionSeam {
  readonly schema: GraphQLSchema
  readonly document: Operation['document']
  readonly operationName: string | null
  readonly variableValues: Operation['variables']
  readonly contextValue: CallContext
  readonly rootValue: undefined
  readonly operation: Operation
  readonly operationId: string
  readonly connection: Connection
  readonly message: TracedMessage
}

export function createWsServer(options: WsServerOptions): WsServer {
  const { schema, operations, services, hub, log, mask } = options
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
  let isDraining = false
  let whenEmpty: (() => void) | undefined

  const checked = (credential: Credential): Promise<SignIn> =>
    signIn(credential, options.verifier, options.onSeen)

  async function onConnect({ extra, connectionParams }: Context<Record<string, unknown>, Extra>) {
    const { connection, upgradeCredential } = extra
    const given = tokenFromConnectionParams(connectionParams)
    const signedIn = await checked(given.kind === 'none' ? upgradeCredential : given).catch(
      (error: unknown) => {
        connection.log.warn({ err: error }, 'a token could not be checked')
        return undefined
      },
    )
    if (signedIn === undefined) {
      connection.close(CLOSE.tryAgainLater, 'The token can not be checked at the moment')
      return false
    }
    if (signedIn.kind === 'refused') {
      connection.close(CloseCode.Forbidden, signedIn.reason)
      return false
    }
    connection.signIn(signedIn.viewer)
    log.debug({ connectionId: connection.id, user: signedIn.viewer?.user.id }, 'connection acknowledged')
    return ackPayload(connection)
  }

  function ackPayload({ id, viewer }: Connection): Record<string, unknown> {
    return {
      connectionId: id,
      node: services.node,
      authenticated: viewer !== null,
      user: viewer === null ? null : { ...viewer.user, roles: [...viewer.roles] },
      expiresAt: viewer === null ? null : formatInstant(viewer.expiresAt),
      serverTime: formatInstant(services.now()),
      heartbeatMs: HEARTBEAT_MS,
      capabilities: capabilitiesOf(viewer),
    }
  }

  /** Renewal: a token of the same user takes the old one's place; anything else changes nothing. */
  async function renew(connection: Connection, credential: Credential): Promise<SignIn> {
    const signedIn = await checked(credential)
    if (signedIn.kind === 'refused') return signedIn
    const current = connection.viewer
    if (current !== null && signedIn.viewer?.user.id !== current.user.id) {
      return { kind: 'refused', reason: 'The token is of another user than this connection.' }
    }
    connection.signIn(signedIn.viewer)
    return signedIn
  }

  function controlOf(connection: Connection): ConnectionControl {
    return {
      attendee: connection.attendee,
      onRateLimited: () => connection.onRateLimited(),
      async authenticate(token) {
        const renewed = await renew(connection, tokenFromConnectionParams({ token }))
        if (renewed.kind === 'refused') return renewed
        return renewed.viewer === null
          ? { kind: 'refused', reason: 'There is no token.' }
          : { kind: 'ok', viewer: renewed.viewer }
      },
    }
  }

  const protocol = makeServer<Record<string, unknown>, Extra>({
    schema,
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    onConnect,

    async onPing({ extra, acknowledged }, payload) {
      if (!acknowledged || payload === undefined) return
      const credential = tokenFromConnectionParams(payload)
      if (credential.kind === 'none') return
      const renewed = await renew(extra.connection, credential)
      if (renewed.kind === 'refused') extra.connection.close(CloseCode.Forbidden, renewed.reason)
    },

    onSubscribe({ extra, subscriptions, connectionParams }, operationId, payload) {
      const most = options.maxSubscriptionsPerConnection
      if (!hasRoom(extra.operations, operationId, subscriptions, most + MAX_OTHER_OPERATIONS))
        return [tooManySubscriptions()]
      const prepared = operations.prepare(payload)
      if (prepared.kind === 'refused') return [...prepared.errors]
      const { operation } = prepared
      const { connection } = extra
      const isSubscription = operation.definition.operation === 'subscription'
      if (isSubscription && !hasRoom(extra.subscriptions, operationId, subscriptions, most))
        return [tooManySubscriptions()]
      return {
        schema,
        document: operation.document,
        operationName: operation.operationName,
        variableValues: operation.variables,
        contextValue: {
          services,
          viewer: connection.viewer,
          connection: controlOf(connection),
          client: clientKeyOf(connection.viewer, connection.address),
          signal: connection.signal,
        },
        rootValue: undefined,
        operation,
        operationId,
        connection,
        message: { parent: traceParentIn(payload.extensions) ?? traceParentIn(connectionParams) },
      } satisfies ExecutionSeam
    },

    execute: (args) => {
      const { operation, contextValue, message, connection } = args as ExecutionSeam
      return connection.owing(operations.run(operation, contextValue, message))
    },

    subscribe: (args): OperationResult => {
      const { operation, contextValue, operationId, connection, message } = args as ExecutionSeam
      return new SilentSource({
        plan: () =>
          operations
            .plan(operation, contextValue, null, message)
            .catch((error: unknown) => Promise.reject(mask(error))),
        open({ plan, selection }, end) {
          const sink = new OperationSink(connection.writer, markOf(operationId), end)
          return hub.open(plan, { selection, viewer: contextValue.viewer, sink }, connection.attendee)
        },
      })
    },
  })

  function accept(socket: WebSocket, request: IncomingMessage, stream: Duplex): void {
    const id = newConnectionId()
    const connection = new Connection({
      id,
      socket,
      stream,
      address: request.socket.remoteAddress ?? '',
      maxBufferBytes: options.maxSendBufferBytes,
      deadlines: options.deadlines,
      userConnections: options.userConnections,
      attendee: services.presence.attend(),
      log,
    })
    connections.set(socket, connection)
    const upgradeCredential = credentialOf(request)
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => connection.sendText(text),
        close: (code, reason) => connection.close(code ?? CLOSE.fault, reason ?? ''),
        onMessage: (handle) => {
          // Handling a subscription lasts as long as it does: nothing here is to hold on to the message's bytes.
          const onFault = (error: unknown): void => {
            connection.log.error({ err: error }, 'a message could not be handled')
            connection.close(CLOSE.fault, 'Internal server error')
          }
          const receive = (text: string): void => {
            withLogScope({ connectionId: id }, () => handle(text)).catch(onFault)
          }
          socket.on('message', (data) => {
            connection.isAlive = true
            options.beforeMessage()
            if (!connection.isListening) return
            const text = String(data)
            // The payload of a ping is echoed, and would run out of stack. An operation refuses its own variables.
            if (isNestedTooDeep(text) && !/"type"\s*:\s*"subscribe"/.test(text)) {
              connection.close(CloseCode.BadRequest, 'The message nests too deep')
            } else receive(text)
          })
        },
      },
      { connection, upgradeCredential, operations: new Set(), subscriptions: new Set() },
    )
    // Above the size limit, or no frame at all: ws closes with the right code by itself.
    let brokenWith: number | undefined
    socket.on('error', (error) => {
      brokenWith = codeOfBreach(error)
      connection.log.info({ err: error }, 'the client broke the protocol')
    })
    socket.on('pong', () => {
      connection.isAlive = true
    })
    const unfollow = heartbeat.follow(connection)
    socket.once('close', (code, reason) => {
      connections.delete(socket)
      closings.count(connection.closedWith ?? brokenWith ?? code)
      unfollow()
      connection.forget()
      log.debug({ connectionId: id, code }, 'connection closed')
      closed(code, String(reason)).catch((error: unknown) =>
        connection.log.error({ err: error }, 'closing failed'),
      )
      if (connections.size === 0) whenEmpty?.()
    })
    refuseAtOnce(connection, upgradeCredential)
  }

  /** A bad token on the upgrade closes at once, after the upgrade, so that browsers can read why. */
  function refuseAtOnce(connection: Connection, credential: Credential): void {
    if (credential.kind === 'none') return
    checked(credential).then(
      (signedIn) => {
        if (signedIn.kind === 'refused') connection.close(CloseCode.Forbidden, signedIn.reason)
      },
      (error: unknown) => connection.log.warn({ err: error }, 'a token could not be checked'),
    )
  }

  const forgetRevocations = options.revocations.onRevoked((userId) => {
    for (const connection of connections.values()) {
      const { viewer } = connection
      if (viewer?.user.id === userId && options.revocations.isRevoked(viewer)) {
        connection.close(CLOSE.revoked, 'The user was revoked')
      }
    }
  })

  return {
    upgrade(request, stream, head) {
      if (isDraining || connections.size >= options.maxConnections)
        refuseUpgrade(stream, '503 Service Unavailable')
      else if (!options.origins.isAllowed(request.headers.origin, request.headers.host)) {
        refuseUpgrade(stream, '403 Forbidden')
      } else sockets.handleUpgrade(request, stream, head, (socket) => accept(socket, request, stream))
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

    turnOut(reason) {
      for (const connection of connections.values()) connection.close(CLOSE.restart, reason)
    },

    async drain(withinMs) {
      isDraining = true
      const cut = setTimeout(() => {
        for (const socket of connections.keys()) socket.terminate()
      }, withinMs)
      const gone = new Promise<void>((resolve) => {
        if (connections.size === 0) resolve()
        else whenEmpty = resolve
      })
      const leaving = [...connections.values()]
      const size = Math.ceil(leaving.length / DRAIN_BATCHES)
      for (let at = 0; at < leaving.length; at += size) {
        for (const connection of leaving.slice(at, at + size))
          void connection.finish(CLOSE.restart, 'Draining')
        // So that clients do not all come to the next node at once.
        if (at + size < leaving.length) await pause(Math.min(withinMs / 3 / DRAIN_BATCHES, DRAIN_PAUSE_MS))
      }
      await gone
      clearTimeout(cut)
      heartbeat.close()
      forgetRevocations()
    },
  }
}

/** The W3C trace context that a client sent along, in `extensions` or among its connection parameters. */
function traceParentIn(members: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  const parent = members?.['traceparent']
  return typeof parent === 'string' ? parent : undefined
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Takes `id` among `known`, of which those in `running` still count. False where `most` do already. */
function hasRoom(
  known: Set<string>,
  id: string,
  running: Readonly<Record<string, unknown>>,
  most: number,
): boolean {
  if (known.size >= most) for (const each of known) if (!(each in running)) known.delete(each)
  if (known.size >= most) return false
  known.add(id)
  return true
}

function tooManySubscriptions(): GraphQLError {
  return new GraphQLError('This connection has too many operations running.', {
    extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
  })
}
