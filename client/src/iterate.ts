import { createDeferred } from './deferred.ts'
import type { RostrumError } from './error.ts'

/**
 * What comes to a sink, as an iterable: subscribed to when its first value is asked for, left with its loop. What comes faster than
 * it is asked for is kept.
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
