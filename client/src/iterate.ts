import { createDeferred } from './deferred.ts'
import type { RostrumError } from './error.ts'

/**
 * A subscription as an async iterable. Subscribes when the first value is requested, unsubscribes when the loop ends, and buffers
 * values that arrive faster than they are consumed.
 */
export function iterateOver<Value>(
  subscribe: (sink: {
    next(value: Value): void
    error(error: RostrumError): void
    complete(): void
  }) => () => void,
): AsyncIterableIterator<Value> {
  const waiting: Value[] = []
  let end: { readonly error: RostrumError | null } | undefined
  let arrival = createDeferred<void>()
  const wake = (): void => {
    arrival.resolve()
    arrival = createDeferred()
  }
  async function* values(): AsyncGenerator<Value, void, void> {
    const stop = subscribe({
      next(value) {
        waiting.push(value)
        wake()
      },
      error(error) {
        end ??= { error }
        wake()
      },
      complete() {
        end ??= { error: null }
        wake()
      },
    })
    try {
      while (true) {
        const arrived = arrival.promise
        const value = waiting.shift()
        if (value !== undefined) yield value
        else if (end === undefined) await arrived
        else if (end.error === null) return
        else throw end.error
      }
    } finally {
      stop()
    }
  }

  return values()
}
