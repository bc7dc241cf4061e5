import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Payload, Sink } from '../../hub/delivery.ts'
import type { Planned } from '../operation.ts'
import type { Mark, Writer } from '../writer.ts'
import { nextFrames } from './frame.ts'

export interface SubscriptionStart {
  /** Finds out how to serve. Throws GraphQLError where the caller may not. */
  plan(): Promise<Planned>
  /** Begins to serve; returns what ends it. `end` is for the sink. */
  open(planned: Planned, end: Sink['end']): () => void
}

/**
 * What graphql-ws takes for a subscription's source. It never yields: the hub writes the `next` frames itself. It
 * only lives as long as the subscription does, and ends as that ends: done becomes a `complete` frame, a
 * rejection a typed `error` frame. graphql-ws awaits `return()`, so it settles whatever `next()` is pending.
 */
export class SilentSource implements AsyncGenerator<ExecutionResult, void, void> {
  readonly #start: SubscriptionStart
  readonly #pending = Promise.withResolvers<IteratorResult<ExecutionResult, void>>()
  #hasBegun = false
  #isEnded = false
  #stop: (() => void) | undefined

  constructor(start: SubscriptionStart) {
    this.#start = start
  }

  next(): Promise<IteratorResult<ExecutionResult, void>> {
    if (!this.#hasBegun && !this.#isEnded) {
      this.#hasBegun = true
      this.#begin().catch((error: GraphQLError) => this.#finish(error))
    }
    return this.#pending.promise
  }

  return(): Promise<IteratorResult<ExecutionResult, void>> {
    this.#finish()
    return Promise.resolve({ done: true, value: undefined })
  }

  throw(error: unknown): Promise<IteratorResult<ExecutionResult, void>> {
    this.#finish()
    return Promise.reject(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish()
  }

  async #begin(): Promise<void> {
    const planned = await this.#start.plan()
    if (!this.#isEnded) this.#stop = this.#start.open(planned, (error) => this.#finish(error))
    // It may have ended from within `open`.
    if (this.#isEnded) this.#stop?.()
  }

  #finish(error?: GraphQLError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#stop?.()
    if (error === undefined) this.#pending.resolve({ done: true, value: undefined })
    else this.#pending.reject(error)
  }
}

/** One operation's messages on their way to its connection. */
export class OperationSink implements Sink {
  readonly #writer: Writer
  readonly #mark: Mark
  readonly end: Sink['end']

  /** `mark`: `markOf` the operation's id. */
  constructor(writer: Writer, mark: Mark, end: Sink['end']) {
    this.#writer = writer
    this.#mark = mark
    this.end = end
  }

  send(payload: Payload): void {
    this.#writer.writeMarked(nextFrames(payload, this.#mark.length), this.#mark)
  }

  isCongested(): boolean {
    return this.#writer.isCongested()
  }

  drained(): Promise<void> {
    return this.#writer.drained()
  }
}
