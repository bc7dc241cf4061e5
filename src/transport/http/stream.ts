import type { ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Payload, Sink } from '../../engine/hub/delivery.ts'
import type { ClosableSink } from '../../engine/session/subscription.ts'
import type { Ending, EndingKind, Transport } from '../../engine/session/transport.ts'
import { Writer } from '../writer.ts'
import type { Headers } from './json.ts'
import type { StreamFormat } from './stream-format.ts'

export interface StreamOptions {
  readonly response: ServerResponse
  readonly format: StreamFormat
  readonly headers: Headers
  readonly maxBufferBytes: number
}

/** `restart` is absent: that stream is cut off, so that its client reconnects. */
const ERROR_OF: Readonly<Partial<Record<EndingKind, readonly [code: string, message: string]>>> = {
  expired: ['UNAUTHENTICATED', 'The token has expired.'],
  revoked: ['FORBIDDEN', 'The user was revoked.'],
  'too-many-connections': ['TOO_MANY_SUBSCRIPTIONS', 'This user has too many connections.'],
  'too-many-refusals': ['OVERLOADED', 'Too many operations of this client were refused.'],
}

/** One subscription in the body of one HTTP response: sends and ends. */
export class Stream implements Transport {
  readonly writer: Writer
  readonly #options: StreamOptions
  #isOpen = false
  #isEnded = false

  constructor(options: StreamOptions) {
    this.#options = options
    this.writer = new Writer(options.response, {
      maxBufferBytes: options.maxBufferBytes,
      onOverflow: () => options.response.destroy(),
    })
  }

  /** Sends the response head, before the outcome of the subscription is known. */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const { response, format, headers } = this.#options
    response.writeHead(200, {
      ...headers,
      'content-type': format.contentType,
      'cache-control': 'no-store, no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    response.write(format.opening())
  }

  createSink(end: Sink['end']): ClosableSink {
    return new StreamSink(this.writer, this.#options.format, end)
  }

  beat(): void {
    if (!this.#isEnded) this.#options.response.write(this.#options.format.heartbeat)
  }

  /** Ends the subscription. */
  complete(error?: GraphQLError): void {
    const { format } = this.#options
    this.#finish(...(error === undefined ? [] : [format.encodeErrors([error])]), format.complete)
  }

  end({ kind }: Ending): void {
    const { format } = this.#options
    const known = ERROR_OF[kind]
    if (known === undefined) {
      this.#finish()
      return
    }
    const [code, message] = known
    this.#finish(format.encodeFailure(new GraphQLError(message, { extensions: { code } })), format.complete)
  }

  /** The client is gone. */
  close(): void {
    this.#isEnded = true
    this.writer.close()
  }

  #finish(...last: readonly Buffer[]): void {
    if (this.#isEnded) return
    this.open()
    this.#isEnded = true
    for (const chunk of last) this.writer.write(chunk)
    this.writer.flush()
    this.writer.close()
    this.#options.response.end()
  }
}

class StreamSink implements ClosableSink {
  readonly #writer: Writer
  readonly #format: StreamFormat
  readonly end: Sink['end']
  #isClosed = false

  constructor(writer: Writer, format: StreamFormat, end: Sink['end']) {
    this.#writer = writer
    this.#format = format
    this.end = end
  }

  send(payload: Payload): void {
    if (!this.#isClosed) this.#writer.write(this.#format.encode(payload))
  }

  isCongested(): boolean {
    return this.#writer.isCongested()
  }

  drained(): Promise<void> {
    return this.#writer.drained()
  }

  close(): void {
    this.#isClosed = true
  }
}
