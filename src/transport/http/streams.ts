import type { ServerResponse } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { payloadOf } from '../../engine/hub/delivery.ts'
import type { NoSession, Sessions } from '../../engine/session/sessions.ts'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Services } from '../../resolvers/services.ts'
import { liveContext } from '../call-context.ts'
import type { Operation, Operations } from '../graphql-operation.ts'
import type { Mask } from '../masking.ts'
import type { Headers } from './json.ts'
import { Stream } from './stream.ts'
import { createEventFormat, createMultipartFormat } from './stream-format.ts'

export interface StreamsOptions {
  readonly operations: Operations
  readonly services: Services
  readonly sessions: Sessions
  readonly mask: Mask
  readonly maxSendBufferBytes: number
}

export interface StreamRequest {
  readonly kind: 'events' | 'multipart'
  readonly operation: Operation
  /** The `Last-Event-ID` header, which replaces `after`. */
  readonly lastEventId: string | null
  readonly viewer: Viewer | null
  /** The client key for limits. */
  readonly address: string
  readonly response: ServerResponse
  readonly headers: Headers
}

/** Serves subscriptions in HTTP response bodies, from the same groups as WebSockets. */
export interface Streams {
  /** Serves a subscription until it ends. If it is not served, returns the reason without sending a response. */
  serve(request: StreamRequest): NoSession | undefined
  /** Sends one result as server-sent events, for clients that accept nothing else. */
  answerOnce(response: ServerResponse, headers: Headers, result: ExecutionResult): void
  readonly connectionCount: number
  /** Bytes queued in this process for all streams. */
  queuedBytes(): number
  close(): void
}

const HEARTBEAT_MS = 12_500

export function createStreams(options: StreamsOptions): Streams {
  const { operations, services, sessions, mask, maxSendBufferBytes: maxBufferBytes } = options
  const formats = { events: createEventFormat(), multipart: createMultipartFormat() }
  const streams = new Set<Stream>()

  const heartbeat = setInterval(() => {
    for (const stream of streams) stream.beat()
  }, HEARTBEAT_MS)
  heartbeat.unref()

  return {
    serve({ kind, operation, lastEventId, viewer, address, response, headers }) {
      const stream = new Stream({ ...{ response, headers, maxBufferBytes }, format: formats[kind] })
      const session = sessions.openAs(viewer, stream, address)
      if (typeof session === 'string') return session
      // The user has too many connections: the stream has already reported it.
      if (!session.isListening) return undefined
      streams.add(stream)
      response.once('close', () => {
        streams.delete(stream)
        session.close()
        stream.close()
      })
      stream.open()
      session.subscribe({
        plan: (life) =>
          operations
            .plan(operation, liveContext({ services, session, connection: null }, life), lastEventId)
            .catch((error: unknown) => Promise.reject(mask(error))),
        createSink: (end) => stream.createSink(end),
        onEnd(error) {
          session.close()
          stream.complete(error)
        },
      })
      return undefined
    },

    answerOnce(response, headers, result) {
      const stream = new Stream({ ...{ response, headers, maxBufferBytes }, format: formats.events })
      stream.open()
      stream.createSink(() => {}).send(payloadOf(Buffer.from(JSON.stringify(result)), null))
      stream.complete()
    },

    get connectionCount() {
      return streams.size
    },

    queuedBytes() {
      let sum = 0
      for (const { writer } of streams) sum += writer.queuedBytes
      return sum
    },

    close() {
      clearInterval(heartbeat)
    },
  }
}
