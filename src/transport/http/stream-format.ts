import type { GraphQLError } from 'graphql'
import { type Payload, payloadOf } from '../../engine/hub/delivery.ts'

/** The format of results in one long-lived response body. */
export interface StreamFormat {
  readonly contentType: string
  /** The start of the body. */
  opening(): Buffer
  /** Keeps proxies from closing an idle stream. */
  readonly heartbeat: Buffer
  /** Returns the same bytes for all streams that get the payload. */
  encode(payload: Payload): Buffer
  /** The operation was rejected, or the server ends it. */
  encodeErrors(errors: readonly GraphQLError[]): Buffer
  /** The connection ends regardless of the operation: its token expired, or it exceeds a limit. */
  encodeFailure(error: GraphQLError): Buffer
  /** Marks the end. A body that ends without it was cut off, and the client reconnects. */
  readonly complete: Buffer
}

/** A payload of a single result. */
function payloadWith(result: object): Payload {
  return payloadOf(Buffer.from(JSON.stringify(result)), null)
}

/** Encodes each payload once. */
function encodedOnce(encode: (payload: Payload) => Buffer): (payload: Payload) => Buffer {
  const known = new WeakMap<Payload, Buffer>()
  return (payload) => {
    const found = known.get(payload)
    if (found !== undefined) return found
    const made = encode(payload)
    known.set(payload, made)
    return made
  }
}

/** EventSource reconnect delay, with jitter so that clients do not reconnect at once. */
const RETRY_MS = { least: 500, spread: 1_500 }

/**
 * Server-sent events in the distinct connections mode of the GraphQL over SSE protocol
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md).
 */
export function createEventFormat(): StreamFormat {
  const encode = encodedOnce(({ results }) =>
    Buffer.concat(
      results.flatMap(({ json, cursor }) => {
        const id = cursor === null ? '' : `id: ${cursor}\n`
        return [Buffer.from(`event: next\n${id}data: `), json, Buffer.from('\n\n')]
      }),
    ),
  )
  return {
    contentType: 'text/event-stream; charset=utf-8',
    opening: () => Buffer.from(`retry: ${RETRY_MS.least + Math.floor(Math.random() * RETRY_MS.spread)}\n\n`),
    heartbeat: Buffer.from(':\n\n'),
    encode,
    encodeErrors: (errors) => encode(payloadWith({ errors })),
    encodeFailure: (error) => encode(payloadWith({ errors: [error] })),
    complete: Buffer.from('event: complete\ndata: \n\n'),
  }
}

const BOUNDARY = 'graphql'
/** A part ends with the delimiter: clients process the part only once they see it. */
const DELIMITER = `\r\n--${BOUNDARY}`
const PART = '\r\ncontent-type: application/json\r\n\r\n'

/**
 * Apollo's multipart protocol
 * (https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol).
 */
export function createMultipartFormat(): StreamFormat {
  const part = (json: string): Buffer => Buffer.from(`${PART}${json}${DELIMITER}`)
  const [before, after] = [Buffer.from(`${PART}{"payload":`), Buffer.from(`}${DELIMITER}`)]
  const encode = encodedOnce(({ results }) =>
    Buffer.concat(results.flatMap(({ json }) => [before, json, after])),
  )
  return {
    contentType: `multipart/mixed;boundary="${BOUNDARY}";subscriptionSpec=1.0`,
    opening: () => Buffer.from(DELIMITER),
    heartbeat: part('{}'),
    encode,
    encodeErrors: (errors) => part(JSON.stringify({ payload: { errors } })),
    encodeFailure: (error) => part(JSON.stringify({ payload: null, errors: [error] })),
    complete: Buffer.from('--\r\n'),
  }
}
