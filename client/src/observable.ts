/** A value that changes, as stores of React and others want it. */
export interface Observable<Value> {
  get(): Value
  /** Calls after each change, until what it answers is called. */
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
      // Of its own, so that one who subscribes twice is told twice and leaves once.
      const own = (): void => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
