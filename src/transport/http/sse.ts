import type { ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Revocations } from '../../auth/revocations.ts'
import { type Payload, payloadOf, type Sink } from '../../hub/delivery.ts'
import type { Hub } from '../../hub/hub.ts'
import type { Deadlines } from '../../kernel/deadlines.ts'
import type { UserConnections } from '../../limits/user-connections.ts'
import type { Attendee } from '../../presence/attendee.ts'
import type { CallContext } from '../../resolvers/context.ts'
import type { Mask } from '../masking.ts'
import type { OperationRequest, Operations } from '../operation.ts'
import { Writer } from '../writer.ts'
import type { Headers } from './json.ts'

export interface SseOptions {
  readonly operations: Operations
  /** A stream was opened. */
  readonly attend: () => Attendee
  readonly userConnections: UserConnections
  readonly hub: Hub
  readonly deadlines: Deadlines
  readonly revocations: Revocations
  readonly mask: Mask
  readonly maxSendBufferBytes: number
}

export interface SseRequest {
  readonly operation: OperationRequest
  /** The `Last-Event-ID` header: takes the place of `after`. */
  readonly lastEventId: string | null
  readonly context: CallContext
  readonly response: ServerResponse
  readonly headers: Headers
}

/**
 * Serves operations as server-sent events, in the distinct connections mode of the GraphQL over SSE protocol
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md), from the same groups as WebSockets.
 */
export interface SseServer {
  serve(request: SseRequest): void
  readonly connectionCount: number
  /** Queued in this process for all streams together. */
  queuedBytes(): number
  /** Breaks all streams off, after what was queued: clients come back, here or to another node, and go on. */
  breakOff(): void
  close(): void
}

/** Keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 12_500
const HEARTBEAT = Buffer.from(':\n\n')
/** How long EventSource waits before it comes back: spread, so that not all come at once. */
const RETRY_MS = { least: 500, spread: 1_500 }
const COMPLETE = Buffer.from('event: complete\ndata: \n\n')

export function createSseServer(options: SseOptions): SseServer {
  const streams = new Map<ServerResponse, { readonly writer: Writer; readonly breakOff: () => void }>()
  /** Events are the same for all who get their payload. */
  const events = new WeakMap<Payload, Buffer>()

  const heartbeat = setInterval(() => {
    for (const response of streams.keys()) response.write(HEARTBEAT)
  }, HEARTBEAT_MS)
  heartbeat.unref()

  function eventsOf(payload: Payload): Buffer {
    const known = events.get(payload)
    if (known !== undefined) return known
    const made = Buffer.concat(
      payload.results.flatMap(({ json, cursor }) => {
        const id = cursor === null ? '' : `id: ${cursor}\n`
        return [Buffer.from(`event: next\n${id}data: `), json, Buffer.from('\n\n')]
      }),
    )
    events.set(payload, made)
    return made
  }

  async function run(
    { operation, lastEventId, context, response }: SseRequest,
    sink: Sink,
    attendee: Attendee,
  ): Promise<() => void> {
    const prepared = options.operations.prepare(operation, context)
    if (prepared.kind === 'refused') {
      sendResult(sink, { errors: prepared.errors })
      return () => {}
    }
    const ready = prepared.operation
    if (ready.definition.operation === 'subscription') {
      const { plan, selection } = await options.operations.plan(ready, context, lastEventId)
      if (response.destroyed) return () => {}
      return options.hub.open(plan, { selection, viewer: context.viewer, sink }, attendee)
    }
    if (ready.definition.operation === 'mutation' && response.req.method === 'GET') {
      sendResult(sink, {
        errors: [new GraphQLError('Send mutations with POST.', { extensions: { code: 'BAD_REQUEST' } })],
      })
    } else sendResult(sink, await options.operations.run(ready, context))
    return () => {}
  }

  return {
    serve(request) {
      const { response, context } = request
      response.writeHead(200, {
        ...request.headers,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      })
      response.write(`retry: ${RETRY_MS.least + Math.floor(Math.random() * RETRY_MS.spread)}\n\n`)
      const writer = new Writer(response, {
        maxBufferBytes: options.maxSendBufferBytes,
        onOverflow: () => response.destroy(),
      })
      const attendee = options.attend()
      if (context.viewer !== null) attendee.signIn(context.viewer.user)
      let stop = (): void => {}
      let uncount = (): void => {}
      let isEnded = false
      const leave = (): void => {
        if (isEnded) return
        isEnded = true
        streams.delete(response)
        disarm()
        forget()
        uncount()
        stop()
        attendee.close()
      }
      const breakOff = (): void => {
        leave()
        writer.flush()
        writer.close()
        // Without `complete`, which would say that nothing more is to come.
        response.end()
      }
      streams.set(response, { writer, breakOff })
      const sink: Sink = {
        send: (payload) => writer.write(eventsOf(payload)),
        isCongested: () => writer.isCongested(),
        drained: () => writer.drained(),
        end(error) {
          if (isEnded) return
          leave()
          if (error !== undefined) sink.send(payloadFor({ errors: [error] }))
          writer.write(COMPLETE)
          writer.flush()
          response.end()
        },
      }
      const disarm =
        context.viewer === null
          ? () => {}
          : options.deadlines.arm(context.viewer.expiresAt, () => sink.end(tokenExpired()))
      const { viewer } = context
      const forget =
        viewer === null
          ? () => {}
          : options.revocations.onRevoked((userId) => {
              if (userId !== viewer.user.id || !options.revocations.isRevoked(viewer)) return
              attendee.bar()
              sink.end(revoked())
            })
      response.once('close', () => {
        leave()
        writer.close()
      })
      if (viewer !== null && !viewer.roles.has('SERVICE')) {
        uncount = options.userConnections.add(viewer.user.id, () => sink.end(tooManyConnections()))
      }
      if (isEnded) return uncount()
      run(request, sink, attendee).then(
        (close) => {
          if (isEnded) close()
          else stop = close
        },
        (error: unknown) => sink.end(options.mask(error)),
      )
    },

    get connectionCount() {
      return streams.size
    },

    queuedBytes() {
      let sum = 0
      for (const { writer } of streams.values()) sum += writer.queuedBytes
      return sum
    },

    breakOff() {
      for (const { breakOff } of [...streams.values()]) breakOff()
    },

    close() {
      clearInterval(heartbeat)
      this.breakOff()
    },
  }
}

/** One result, and the end. */
function sendResult(sink: Sink, result: object): void {
  sink.send(payloadFor(result))
  sink.end()
}

function payloadFor(result: object): Payload {
  return payloadOf(Buffer.from(JSON.stringify(result)), null)
}

function tooManyConnections(): GraphQLError {
  return new GraphQLError('This user has too many connections.', {
    extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
  })
}

function revoked(): GraphQLError {
  return new GraphQLError('The user was revoked.', { extensions: { code: 'FORBIDDEN' } })
}

function tokenExpired(): GraphQLError {
  return new GraphQLError('The token has expired.', { extensions: { code: 'UNAUTHENTICATED' } })
}
