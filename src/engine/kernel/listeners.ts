/**
 * Calls `call` with each of `listeners`, in order. What it throws goes to `onFault` and keeps nothing from the others. What
 * `onFault` itself throws is thrown after all were called.
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

/** A set of listeners that can't be called one without the others: a fault of one never keeps an event from the rest. */
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

  /** False where it was none. */
  remove(listener: Listener): boolean {
    return this.#all.delete(listener)
  }

  /** Removes all of them and returns them. */
  takeAll(): readonly Listener[] {
    const all = [...this.#all]
    this.#all.clear()
    return all
  }

  /** Calls also those that are added meanwhile. */
  tell(call: (listener: Listener) => void): void {
    callEach(this.#all, call, this.#onFault)
  }
}

/** For who is given nothing better: a fault of a listener is never dropped silently. */
export function warnOfFault(fault: unknown): void {
  process.emitWarning(fault instanceof Error ? fault : String(fault), 'ListenerFault')
}
