/**
 * Runs at most one read per key at a time. Callers that arrive during a read share the next one.
 * Results are always read after the call, and a later result is never older than an earlier one.
 */
export function oneAtATime<Key, Value>(read: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const running = new Map<Key, Promise<void>>()
  const next = new Map<Key, Promise<Value>>()

  async function readNext(key: Key): Promise<Value> {
    await running.get(key)
    next.delete(key)
    const reading = read(key)
    const ended = reading.then(
      () => {},
      () => {},
    )
    running.set(key, ended)
    void ended.then(() => {
      if (running.get(key) === ended) running.delete(key)
    })
    return reading
  }

  return (key) => {
    const shared = next.get(key) ?? readNext(key)
    next.set(key, shared)
    return shared
  }
}
