interface Waiting<Key, Value> {
  readonly key: Key
  readonly answer: (value: Value) => void
  readonly fail: (error: unknown) => void
}

/**
 * One read for all that is asked for within a turn of the event loop, by whomever: the fields of a page, or what is shown
 * to many subscribers at once. It begins after it was asked for, so that nobody gets what was true before.
 * `readAll` answers the keys in their order.
 */
export function together<Key, Value>(
  readAll: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value>[] = []

  async function read(): Promise<void> {
    const taken = waiting
    waiting = []
    try {
      const values = await readAll(taken.map(({ key }) => key))
      for (const [index, value] of values.entries()) taken[index]?.answer(value)
    } catch (error) {
      for (const { fail } of taken) fail(error)
    }
  }

  return (key) =>
    new Promise((answer, fail) => {
      if (waiting.push({ key, answer, fail }) === 1) setImmediate(() => void read())
    })
}
