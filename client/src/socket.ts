import { type Client, createClient } from 'graphql-ws'
import { addressOf } from './address.ts'
import { createServerClock, type ServerClock } from './clock.ts'
import { acknowledgementFrom, type Connection } from './connection.ts'
import { isClose } from './error.ts'
import { type Changeable, createObservable } from './observable.ts'
import { pause } from './pause.ts'
import { createRenewal } from './renewal.ts'
import { createPatientSource, subjectOf, type TokenSource } from './token.ts'
import { deafAfterTermination } from './web-socket.ts'

export interface SocketOptions {
  readonly url: string | (() => string | Promise<string>)
  readonly token: TokenSource
  readonly webSocketImpl: typeof WebSocket
  /** Delay before attempt 0, 1, 2 … in milliseconds. */
  readonly backoff: (attempt: number) => number
  /** Whether any operation needs the connection; without one the client does not reconnect. */
  readonly isWanted: () => boolean
}

/** A client's connection: kept open, reconnected, and kept signed in while a token is available. */
export interface Socket {
  readonly client: Client
  readonly connection: Changeable<Connection>
  readonly clock: ServerClock
  /** When the connection was last re-established, by the server's clock, in ms since the epoch; -Infinity on the first. */
  readonly reconnectedAt: () => number
  /** Fetches a token and signs in with it on the open connection. */
  renew(): Promise<void>
  /** Call when the last subscription has ended. */
  dispose(): Promise<void>
}

const PING_MS = 10_000
const PONG_MS = 5_000
const LAZY_CLOSE_MS = 3_000

const NORMAL = 1000
const ABNORMAL = 1006
const REFUSED_TOKEN = 4403
const TOO_MANY_CONNECTIONS = 4903
/** Minimum idle time before the connection closes. */
const PATIENCE_MS = 10_000
/** Close codes after which graphql-ws gives up, since a retry would end the same way. */
const FATAL: ReadonlySet<number> = new Set([
  ...[1002, 1003, 1007, 1008, 1009, 1010, 1011, 4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500],
])

export function createSocket(options: SocketOptions): Socket {
  const { url, token, webSocketImpl, backoff, isWanted } = options
  const abort = new AbortController()
  const connection = createObservable<Connection>({ kind: 'idle' })
  const clock = createServerClock()
  const source = createPatientSource(token, backoff, abort.signal)
  let socket: WebSocket | undefined
  let shown: string | null = null
  let initSentAt = 0
  let wasConnected = false
  let reconnectedAt = Number.NEGATIVE_INFINITY
  let closeCode: number | null = null
  let attempt = 0
  let pongTimer: ReturnType<typeof setTimeout> | undefined

  const client = createClient({
    // Fetch the token before opening: the server waits only five seconds for it.
    url: async () => {
      shown = await source.ask()
      return addressOf(typeof url === 'function' ? await url() : url, 'ws')
    },
    connectionParams() {
      initSentAt = Date.now()
      return shown === null ? {} : { token: shown }
    },
    webSocketImpl: deafAfterTermination(webSocketImpl),
    keepAlive: PING_MS,
    lazyCloseTimeout: LAZY_CLOSE_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (event) => !isFatal(event),
    async retryWait(retries) {
      attempt = retries
      const waitMs = backoff(retries) + (closeCode === TOO_MANY_CONNECTIONS ? PATIENCE_MS : 0)
      connection.set({ kind: 'reconnecting', attempt, attemptAt: Date.now() + waitMs, closeCode })
      await pause(waitMs, abort.signal)
      if (!isWanted()) connection.set({ kind: 'idle' })
    },
  })
  const renewal = createRenewal({
    source,
    clock,
    show(fresh) {
      // A connection belongs to one user: signing in as another user needs a new connection.
      if (isOfAnother(fresh, connection.get())) client.terminate()
      else socket?.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${fresh}` } }))
    },
    leave: () => client.terminate(),
  })

  /** A refused token is not sent again. */
  function isFatal(event: unknown): boolean {
    if (!isClose(event)) return false
    return FATAL.has(event.code) || (event.code === REFUSED_TOKEN && !source.isRenewable)
  }

  client.on('connecting', (isRetry) => {
    const isAgain = isRetry || wasConnected
    connection.set(
      isAgain ? { kind: 'reconnecting', attempt, attemptAt: null, closeCode } : { kind: 'connecting' },
    )
  })
  client.on('connected', (opened, payload) => {
    const { connectionId, node, user, expiresAt, serverTime } = acknowledgementFrom(payload)
    if (isWebSocket(opened)) socket = opened
    if (!Number.isNaN(serverTime)) clock.hear(serverTime, initSentAt)
    if (wasConnected) reconnectedAt = serverTime
    wasConnected = true
    attempt = 0
    renewal.begin(shown, expiresAt)
    connection.set({ kind: 'connected', connectionId, node, user, recovered: 0 })
  })
  client.on('ping', (isReceived) => {
    if (!isReceived) pongTimer = setTimeout(() => client.terminate(), PONG_MS)
  })
  client.on('pong', (isReceived) => {
    if (isReceived) clearTimeout(pongTimer)
  })
  client.on('closed', (event) => {
    clearTimeout(pongTimer)
    renewal.end()
    socket = undefined
    const { code, reason } = isClose(event) ? event : { code: ABNORMAL, reason: '' }
    closeCode = code
    if (isFatal({ code, reason })) connection.set({ kind: 'closed', closeCode: code, reason })
    else if (code === NORMAL) connection.set({ kind: 'idle' })
    else connection.set({ kind: 'reconnecting', attempt, attemptAt: null, closeCode })
  })

  return {
    client,
    connection,
    clock,
    reconnectedAt: () => reconnectedAt,
    renew: renewal.renew,
    async dispose() {
      abort.abort()
      renewal.end()
      clearTimeout(pongTimer)
      // A socket that is still connecting may never open: do not wait for it; its closing reports that it was abandoned.
      if (socket === undefined) client.terminate()
      await client.dispose()?.then(undefined, () => {})
    },
  }
}

function isOfAnother(token: string, connection: Connection): boolean {
  const subject = subjectOf(token)
  return connection.kind === 'connected' && subject !== undefined && subject !== connection.user?.id
}

function isWebSocket(value: unknown): value is WebSocket {
  return typeof value === 'object' && value !== null && 'send' in value
}
