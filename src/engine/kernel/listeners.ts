/**
 * Calls `call` with each of `listeners`, in order. An error goes to `onFault` and does not affect other listeners. An error
 * of `onFault` itself is rethrown after all were called.
 */
export function callEach<Listener>(
  listeners: Iterable<Listener>,
  call: (listener: Listener) => void,
  onFault: (fault: unknown, listener: Listener) => void,
): void {
  const unhandled: unknown[] = []
  for (const listener of listeners) {
    try {
      call(listener)
    } catch (fault) {
      try {
        onFault(fault, listener)
      } catch (error) {
        unhandled.push(error)
      }
    }
  }
  if (unhandled.length > 0) throw unhandled[0]
}

/** A set of listeners that are always notified together: a throwing listener never keeps an event from the rest. */
export class Listeners<Listener> {
  readonly #all = new Set<Listener>()
  readonly #onFault: (fault: unknown, listener: Listener) => void

  constructor(onFault: (fault: unknown, listener: Listener) => void) {
    this.#onFault = onFault
  }

  get size(): number {
    return this.#all.size
  }

  add(listener: Listener): void {
    this.#all.add(listener)
  }

  /** Returns false if it was not registered. */
  remove(listener: Listener): boolean {
    return this.#all.delete(listener)
  }

  /** Removes and returns all listeners. */
  takeAll(): readonly Listener[] {
    const all = [...this.#all]
    this.#all.clear()
    return all
  }

  /** Also calls listeners added during the call. */
  tell(call: (listener: Listener) => void): void {
    callEach(this.#all, call, this.#onFault)
  }
}

/** The default fault handler: an error of a listener is never dropped silently. */
export function warnOfFault(fault: unknown): void {
  process.emitWarning(fault instanceof Error ? fault : String(fault), 'ListenerFault')
}
