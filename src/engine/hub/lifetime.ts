import { GraphQLError } from 'graphql'
import type { Sink } from './delivery.ts'

export interface LifetimeOptions {
  readonly sink: Sink
  /** Reports a fault of the server and returns the masked error. */
  readonly mask: (error: unknown) => GraphQLError
}

/** The open resources of one subscription. They are closed once, in reverse order, whichever side ends the subscription. */
export class Lifetime {
  readonly #sink: Sink
  readonly #mask: (error: unknown) => GraphQLError
  readonly #closers: (() => void)[] = []
  #isEnded = false

  constructor({ sink, mask }: LifetimeOptions) {
    this.#sink = sink
    this.#mask = mask
  }

  /** Calls `close` when the subscription ends. */
  add(close: () => void): void {
    this.#closers.push(close)
  }

  /** Like `add` for resources that open asynchronously: closed at once if the subscription has ended meanwhile. */
  addWhenOpen(opening: Promise<() => void>): void {
    opening.then(
      (close) => (this.#isEnded ? close() : this.add(close)),
      (error: unknown) => this.end(error instanceof GraphQLError ? error : this.#mask(error)),
    )
  }

  /** The client ends the subscription. */
  readonly close = (): void => {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const close of this.#closers.splice(0).reverse()) close()
  }

  /** The server ends the subscription. */
  end(error: GraphQLError): void {
    if (this.#isEnded) return
    this.close()
    this.#sink.end(error)
  }
}
