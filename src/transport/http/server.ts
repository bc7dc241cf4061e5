import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as TcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Logger } from 'pino'
import { newRequestId } from '../../engine/kernel/id.ts'
import { instant } from '../../engine/kernel/instant.ts'
import { withLogScope } from '../../platform/logging/scope.ts'
import { requestSpan } from '../../platform/tracing/spans.ts'
import { type Tracing, traced } from '../../platform/tracing/tracing.ts'
import type { Endpoints } from './endpoint.ts'
import { type GraphqlHandler, isOperation } from './graphql.ts'
import { JSON_HEADERS } from './json.ts'
import type { OriginPolicy } from './origin.ts'
import { createStartingRouter, pathOf } from './router.ts'

/**
 * Longer than load balancers keep idle connections, so that the server never closes one just as a request arrives on
 * it.
 */
const KEEP_ALIVE_MS = 75_000
/** How long a client may hold a socket by sending a request or WebSocket upgrade byte by byte. */
const SLOW_CLIENTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 }
const STARTING =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

export interface HttpServerOptions {
  /** 0 picks a free port. */
  readonly port: number
  readonly host: string
  readonly origins: OriginPolicy
  readonly log: Logger
}

/** What a node serves once it is ready. */
export interface Served {
  readonly graphql: GraphqlHandler
  readonly ws: { upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void }
  /** Everything else. */
  readonly router: Endpoints
  readonly isGraphiqlServed: boolean
  readonly tracing: Tracing
  /** Called before each request and upgrade. */
  readonly beforeRequest: () => void
}

export interface HttpServer {
  /** The URL for clients on this machine. */
  readonly url: string
  /** Starts to listen, unless it already does. */
  open(): Promise<void>
  serve(served: Served): void
  /** Stops accepting connections. On open ones, `/ready` reports that the node is draining. */
  drain(): void
  /** Closes idle connections at once, the others after `graceMs`. Resolves when all are closed. */
  close(graceMs: number): Promise<void>
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** The server, which answers 503 until `serve` is called. */
export function createHttpServer({ port, host, origins, log }: HttpServerOptions): HttpServer {
  const since = instant(Date.now())
  const message = 'It cannot be reached. The node is waiting for it.'
  const starting = createStartingRouter({
    readiness: { problems: () => [{ part: 'database', since, message }], warnings: () => [] },
    origins,
    onFault: (error) => log.error({ err: error }, 'an endpoint failed'),
  })
  let onRequest: RequestListener = listenerOf(starting, log)
  let onUpgrade: Served['ws']['upgrade'] = (_request, stream) => {
    stream.on('error', () => {})
    stream.end(STARTING)
  }
  const server = createServer(
    { ...SLOW_CLIENTS, shouldUpgradeCallback: isWebSocketUpgrade },
    (request, response) => onRequest(request, response),
  )
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.on('upgrade', (request, stream, head) => onUpgrade(request, stream, head))
  let closed: Promise<void> | undefined

  return {
    get url() {
      return urlOf(server, host)
    },
    async open() {
      if (!server.listening) await listen(server, port, host)
    },
    serve(served) {
      onRequest = requestListener(served, log)
      onUpgrade = upgradeListener(served, log)
    },
    drain() {
      closed ??= stopListening(server)
    },
    async close(graceMs) {
      closed ??= stopListening(server)
      server.closeIdleConnections()
      await Promise.race([closed, pause(graceMs)])
      server.closeAllConnections()
      await closed
    },
  }
}

/** Operations bypass the router, which costs more than many of them. */
function requestListener(served: Served, log: Logger): RequestListener {
  const { graphql, isGraphiqlServed, tracing, beforeRequest } = served
  const router = listenerOf(served.router, log)
  return (request, response) => {
    beforeRequest()
    if (pathOf(request.url) !== '/graphql') {
      void router(request, response)
      return
    }
    const requestId = newRequestId()
    response.setHeader('x-request-id', requestId)
    const handler = isOperation(request, isGraphiqlServed) ? graphql : router
    withLogScope({ requestId }, () => {
      response.once('finish', () => log.debug({ status: response.statusCode }, 'request answered'))
      answerTraced(tracing, request, response, handler).catch((error: unknown) => {
        log.error({ err: error }, 'a request failed')
        response.destroy()
      })
    })
  }
}

function upgradeListener({ ws, beforeRequest }: Served, log: Logger): Served['ws']['upgrade'] {
  return (request, stream, head) => {
    beforeRequest()
    stream.on('error', (error) => log.debug({ err: error }, 'a connection broke'))
    if (pathOf(request.url) === '/graphql') ws.upgrade(request, stream, head)
    else stream.end(NOT_FOUND)
  }
}

/** The listener never rejects. */
function listenerOf(router: Endpoints, log: Logger): GraphqlHandler {
  return getRequestListener(router.fetch, {
    // Keeps the platform's classes, which Yoga and `fetch` use.
    overrideGlobalObjects: false,
    // HTTP/1.0 clients, such as health checks of balancers, send no Host header.
    hostname: 'localhost',
    errorHandler(error) {
      const isMalformed = error instanceof RequestError
      if (!isMalformed) log.error({ err: error }, 'an endpoint failed')
      const [status, reason] = isMalformed
        ? [400, 'The URL or the Host header is malformed.']
        : [500, 'Internal server error.']
      return Response.json({ error: reason }, { status, headers: JSON_HEADERS })
    },
  })
}

/** A span covers a request; for a stream of server-sent events it ends when the stream is open. */
function answerTraced(
  tracing: Tracing,
  request: IncomingMessage,
  response: ServerResponse,
  answer: GraphqlHandler,
): Promise<void> {
  if (!tracing.isOn) return answer(request, response)
  const { traceparent } = request.headers
  const parent = typeof traceparent === 'string' ? traceparent : ''
  return traced(tracing, requestSpan(request.method ?? 'GET', '/graphql', parent), async (span) => {
    await answer(request, response)
    span.set({ 'http.response.status_code': response.statusCode })
  })
}

/** RFC 9110 §7.8: a server may ignore any other upgrade, such as `h2c`, and answer the plain request. */
function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: 4096 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Resolves when all connections are closed, without closing any: `close` of an HTTP server would close idle ones at
 * once, on which `/ready` reports that the node is draining.
 */
function stopListening(server: Server): Promise<void> {
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false
  })
  return new Promise((resolve) => TcpServer.prototype.close.call(server, () => resolve()))
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const isAny = host === '0.0.0.0' || host === '::'
  return `http://${isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`
}
