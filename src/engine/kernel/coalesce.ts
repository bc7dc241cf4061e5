/**
 * Reads each key once at a time: whoever asks while it is being read shares the next read with all who ask meanwhile.
 * What somebody gets was always read after they asked, and of two answers the later one is never the older.
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
