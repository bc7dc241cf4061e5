/** A value that changes over time, in the shape of a React external store. */
export interface Observable<Value> {
  get(): Value
  /** Calls `listener` after each change, until you call the returned function. */
  subscribe(listener: () => void): () => void
}

export interface Changeable<Value> extends Observable<Value> {
  set(value: Value): void
}

export function createObservable<Value>(initial: Value): Changeable<Value> {
  const listeners = new Set<() => void>()
  let current = initial
  return {
    get: () => current,
    set(value) {
      current = value
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      // A new function per call: a listener that subscribes twice is called twice, and unsubscribes once.
      const own = (): void => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
