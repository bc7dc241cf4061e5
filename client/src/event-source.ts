import { addressOf } from './address.ts'
import { backoffMs } from './backoff.ts'
import { errorFrom, RostrumError } from './error.ts'
import type { Operation, OperationResult } from './operation.ts'
import { isPassing, keepSubscribed, type Open, type Sink } from './subscription.ts'
import { createPatientSource, type TokenSource } from './token.ts'

export interface EventReaderOptions {
  readonly url: string
  /** Omit for an anonymous visitor. Sent in the URL: a browser's EventSource cannot set headers. */
  readonly token?: TokenSource
  /** For platforms without an EventSource. */
  readonly eventSourceImpl?: typeof EventSource
  /** As for the client. */
  readonly backoff?: (attempt: number) => number
}

/**
 * Subscribes over server-sent events, one stream per operation, until you call the returned function. For networks that block
 * WebSockets. Resumes like the client: by `Last-Event-ID` after a short interruption, else by `after`.
 */
export function readEvents<Result, Variables>(
  operation: Operation<Result, Variables>,
  sink: Sink<Result>,
  { url, token = null, eventSourceImpl = globalThis.EventSource, backoff = backoffMs }: EventReaderOptions,
): () => void {
  const abort = new AbortController()
  const source = createPatientSource(token, backoff, abort.signal)
  const open: Open = (request, streamSink) => {
    let leave = (): void => {}
    let isLeft = false
    void source.ask().then((shown) => {
      if (!isLeft) leave = openStream(addressFor(url, request, shown), streamSink, eventSourceImpl)
    })
    return () => {
      isLeft = true
      leave()
    }
  }
  const stop = keepSubscribed(operation, sink, {
    open,
    backoff,
    onEntry() {},
    isPassing: (error) =>
      isPassing(error) ||
      error.code === 'CONNECTION_CLOSED' ||
      (error.code === 'UNAUTHENTICATED' && source.isRenewable),
  })
  return () => {
    abort.abort()
    stop()
  }
}

function addressFor(
  url: string,
  { query, variables, operationName }: Parameters<Open>[0],
  token: string | null,
): string {
  const parameters = {
    query,
    variables: JSON.stringify(variables),
    ...(operationName === null ? {} : { operationName }),
    ...(token === null ? {} : { token }),
  }
  const address = addressOf(url, 'http')
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${address}${address.includes('?') ? '&' : '?'}${pairs.join('&')}`
}

function openStream<Result>(address: string, sink: Sink<Result>, Impl: typeof EventSource): () => void {
  const stream = new Impl(address)
  /** The errors of a result without data: the stream ends with it. */
  let failure: RostrumError | undefined

  stream.addEventListener('next', ({ data }: MessageEvent<string>) => {
    const result: OperationResult<Result> = JSON.parse(data)
    if (result.errors !== undefined && result.data === undefined) failure = errorFrom(result.errors)
    else sink.next(result)
  })
  stream.addEventListener('complete', () => {
    stream.close()
    if (failure === undefined) sink.complete()
    else sink.error(failure)
  })
  stream.addEventListener('error', () => {
    // EventSource reconnects by itself after an interruption, but gives up after any status other than 200.
    if (stream.readyState !== Impl.CLOSED) return
    sink.error(new RostrumError('CONNECTION_CLOSED', 'The stream could not be opened.'))
  })
  return () => stream.close()
}
