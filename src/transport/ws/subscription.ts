import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Sink } from '../../hub/delivery.ts'
import type { Planned } from '../operation.ts'

export interface SubscriptionStart {
  /** Finds out how to serve. Throws GraphQLError where the caller may not. */
  plan(): Promise<Planned>
  /** Begins to serve into `sink`; returns what ends it. */
  open(planned: Planned, sink: Sink): () => void
  /** The sink without its end. */
  readonly sink: Omit<Sink, 'end'>
}

/**
 * What graphql-ws takes for a subscription's source. It never yields: the hub writes the `next` frames itself. It
 * only lives as long as the subscription does, and ends as that ends: done becomes a `complete` frame, a
 * rejection a typed `error` frame. graphql-ws awaits `return()`, so it settles whatever `next()` is pending.
 */
export function createSilentSource(start: SubscriptionStart): AsyncGenerator<ExecutionResult, void, void> {
  let isEnded = false
  let stop: (() => void) | undefined
  const pending = Promise.withResolvers<IteratorResult<ExecutionResult, void>>()

  function finish(error?: GraphQLError): void {
    if (isEnded) return
    isEnded = true
    stop?.()
    if (error === undefined) pending.resolve({ done: true, value: undefined })
    else pending.reject(error)
  }

  async function begin(): Promise<void> {
    const planned = await start.plan()
    if (!isEnded) stop = start.open(planned, { ...start.sink, end: finish })
    // It may have ended from within `open`.
    if (isEnded) stop?.()
  }

  let hasBegun = false
  const source: AsyncGenerator<ExecutionResult, void, void> = {
    next() {
      if (!hasBegun && !isEnded) {
        hasBegun = true
        begin().catch(finish)
      }
      return pending.promise
    },
    return() {
      finish()
      return Promise.resolve({ done: true, value: undefined })
    },
    throw(error: unknown) {
      finish()
      return Promise.reject(error)
    },
    [Symbol.asyncIterator]: () => source,
    async [Symbol.asyncDispose]() {
      finish()
    },
  }
  return source
}
