import { addressOf } from './address.ts'
import { backoffMs } from './backoff.ts'
import { errorFrom, RostrumError } from './error.ts'
import type { Operation, OperationResult } from './operation.ts'
import { isPassing, keepSubscribed, type Open, type Sink } from './subscription.ts'
import { createPatientSource, type TokenSource } from './token.ts'

export interface EventReaderOptions {
  readonly url: string
  /** Absent: a visitor. It stands in the address: browsers' EventSource can send no header. */
  readonly token?: TokenSource
  /** Where the platform has none of its own. */
  readonly eventSourceImpl?: typeof EventSource
  /** As of the client. */
  readonly backoff?: (attempt: number) => number
}

/**
 * Subscribes over server-sent events, a stream an operation, until the function that it returns is called: for where WebSockets do
 * not get through. It goes on where it was as the client does; after a short cut by `Last-Event-ID`, else by `after`.
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
  /** Of a result that is nothing but errors: the stream ends with it. */
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
    // After a cut it tries again by itself; after another answer than 200 it has given up.
    if (stream.readyState !== Impl.CLOSED) return
    sink.error(new RostrumError('CONNECTION_CLOSED', 'The stream could not be opened.'))
  })
  return () => stream.close()
}
