import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { CloseCode } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Viewer } from '../../auth/viewer.ts'
import type { Deadlines } from '../../kernel/deadlines.ts'
import type { UserConnections } from '../../limits/user-connections.ts'
import type { Attendee } from '../../presence/attendee.ts'
import { createWriter, type Writer } from '../writer.ts'
import { textFrame } from './frame.ts'

/** The close codes beyond those of the protocol. */
export const CLOSE = {
  revoked: 4401,
  rateExceeded: 1008,
  /** Service restart: all that was here is to be had again, here or at another node. */
  restart: 1012,
  tryAgainLater: 1013,
  fault: 4500,
  tooSlow: 4901,
  tooManyConnections: 4903,
} as const

/** After this long without reading, a socket that could not keep up is destroyed. */
const TOO_SLOW_GRACE_MS = 5_000
/** Refusals for rate within a while, from which on nobody is listening. */
const RATE_LIMITED = { most: 100, withinMs: 10_000 } as const
/** RFC 6455 §5.5: a control frame carries 125 bytes, 2 of them the code. */
const MAX_REASON_BYTES = 123

export interface ConnectionOptions {
  readonly id: string
  readonly socket: WebSocket
  /** The TCP stream under `socket`: frames that many share are written to it directly. */
  readonly stream: Duplex
  readonly maxBufferBytes: number
  readonly deadlines: Deadlines
  readonly userConnections: UserConnections
  /** Its own, for as long as it is open. */
  readonly attendee: Attendee
  /** The server's: lines of this connection name it. */
  readonly log: Logger
}

/** One open WebSocket and who speaks through it. */
export interface Connection {
  readonly id: string
  readonly log: Logger
  /** Null: a visitor. */
  readonly viewer: Viewer | null
  readonly writer: Writer
  readonly attendee: Attendee
  /** The code that this side closed with, as far as it did: a client that is gone never confirms it. */
  readonly closedWith: number | undefined
  /** Signs in or renews; from the token's expiry on, the connection is closed. */
  signIn(viewer: Viewer | null): void
  /** A mutation of it was refused for its rate: who does not wait is cut off. */
  onRateLimited(): void
  sendText(text: string): void
  /** Closes after what was queued. */
  close(code: number, reason: string): void
  /** Answers what is under way, takes nothing more, then closes. */
  finish(code: number, reason: string): Promise<void>
  /** Whether messages of this client are acted on: until it is being closed. */
  readonly isListening: boolean
  /** `answer`, which `finish` waits for. */
  owing<Answer>(answer: Promise<Answer>): Promise<Answer>
  /** Called when the socket is gone. */
  forget(): void
}

export function createConnection(options: ConnectionOptions): Connection {
  const { id, socket, stream, deadlines, attendee } = options
  let log: Logger | undefined
  let viewer: Viewer | null = null
  let disarm: () => void = () => {}
  let uncount: () => void = () => {}
  let refusals = { since: Number.NEGATIVE_INFINITY, count: 0 }
  let closedWith: number | undefined
  let isFinishing = false
  const owed = new Set<Promise<unknown>>()

  const writer = createWriter(stream, {
    maxBufferBytes: options.maxBufferBytes,
    onOverflow() {
      connection.log.warn('closed: the client does not read')
      closedWith ??= CLOSE.tooSlow
      socket.close(CLOSE.tooSlow, 'Too slow')
      setTimeout(() => socket.terminate(), TOO_SLOW_GRACE_MS).unref()
    },
  })

  const connection: Connection = {
    id,
    get log() {
      // Most connections never have anything to say.
      log ??= options.log.child({ connectionId: id })
      return log
    },
    get viewer() {
      return viewer
    },
    writer,
    attendee,
    get closedWith() {
      return closedWith
    },
    signIn(next) {
      const isNew = viewer === null
      viewer = next
      if (next !== null) attendee.signIn(next.user)
      if (next !== null && isNew && !next.roles.has('SERVICE')) {
        uncount = options.userConnections.add(next.user.id, () =>
          connection.close(CLOSE.tooManyConnections, 'Too many connections of this user'),
        )
      }
      disarm()
      disarm =
        next === null
          ? () => {}
          : deadlines.arm(next.expiresAt, () => connection.close(CloseCode.Forbidden, 'Token expired'))
    },
    onRateLimited() {
      const now = performance.now()
      if (now - refusals.since > RATE_LIMITED.withinMs) refusals = { since: now, count: 0 }
      refusals.count += 1
      if (refusals.count === RATE_LIMITED.most)
        connection.close(CLOSE.rateExceeded, 'Too many refused mutations')
    },
    sendText(text) {
      if (socket.readyState === socket.OPEN) writer.write(textFrame(text))
    },
    close(code, reason) {
      // The user was revoked.
      if (code === CLOSE.revoked) attendee.bar()
      writer.flush()
      // Nothing that comes later is for this client any more, however long it takes to close.
      writer.close()
      closedWith ??= code
      socket.close(code, shortened(reason))
      disarm()
    },
    get isListening() {
      return !isFinishing && closedWith === undefined
    },
    owing(answer) {
      owed.add(answer)
      const forgive = (): void => void owed.delete(answer)
      answer.then(forgive, forgive)
      return answer
    },
    async finish(code, reason) {
      isFinishing = true
      await Promise.allSettled(owed)
      // What is answered is sent in the same turn of the event loop.
      await setImmediate()
      connection.close(code, reason)
    },
    forget() {
      disarm()
      uncount()
      attendee.close()
      writer.close()
    },
  }
  return connection
}

/** Cut between characters: one that is cut in half becomes a longer one, and `ws` throws at a reason too long. */
function shortened(reason: string): Buffer {
  const bytes = Buffer.alloc(MAX_REASON_BYTES)
  const { written } = new TextEncoder().encodeInto(reason, bytes)
  return bytes.subarray(0, written)
}
