interface Waiting<Key, Value> {
  readonly key: Key
  readonly answer: (value: Value) => void
  readonly fail: (error: unknown) => void
}

/** While so many reads are under way, what is asked for gathers for the next, */
const AT_ONCE = 2
/** but no longer than this: one that never ends holds up nobody else. */
const GATHER_MS = 20

/**
 * One read for all that is asked for within a turn of the event loop, or while earlier reads take their time, by whomever:
 * the fields of a page, what is shown to many subscribers at once, or a crowd that connects. It begins after it was asked
 * for, so that nobody gets what was true before. `readAll` answers the keys in their order.
 */
export function together<Key, Value>(
  readAll: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value>[] = []
  let underWay = 0

  function begin(): void {
    // Another may have taken what waited.
    if (waiting.length > 0) void work()
  }

  async function work(): Promise<void> {
    underWay += 1
    while (waiting.length > 0) await read()
    underWay -= 1
  }

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
      waiting.push({ key, answer, fail })
      if (waiting.length > 1) return
      if (underWay >= AT_ONCE) setTimeout(begin, GATHER_MS)
      else setImmediate(begin)
    })
}
