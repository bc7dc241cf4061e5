import { abandoned } from './abandoned.ts'

interface Waiting<Key, Value> {
  readonly key: Key
  readonly signal: AbortSignal | undefined
  readonly answer: (value: Value) => void
  readonly fail: (error: unknown) => void
}

/** How the keys of one batch are read. */
export interface BatchOptions<Key> {
  /** Keys of different groups are read by separate statements, so that one may fail alone. Default: one group. */
  readonly groupOf?: (key: Key) => string
  /** Keys of a group with equal text are read once and share the result. Default: no sharing. */
  readonly idOf?: (key: Key) => string
}

/** Loads one key together with others. Aborting `signal` skips the read, unless another caller needs it. */
export type ReadTogether<Key, Value> = (key: Key, signal?: AbortSignal) => Promise<Value>

/** While this many reads are running, further keys wait for the next batch, */
const AT_ONCE = 2
/** but no longer than this: a read that never ends must not block the others. */
const GATHER_MS = 20

/**
 * Batches all loads of one event-loop tick, and those that arrive while earlier reads run: the fields of a page, the values
 * for many subscribers, or a crowd that connects. A read always starts after its loads were requested, so results are never
 * older than the request. `readAll` returns results in the order of the keys.
 */
export function together<Key, Value>(
  readAll: (keys: readonly Key[]) => Promise<readonly Value[]>,
  { groupOf = () => '', idOf }: BatchOptions<Key> = {},
): ReadTogether<Key, Value> {
  let waiting: Waiting<Key, Value>[] = []
  let underWay = 0

  function begin(): void {
    // Another call may have taken the waiting keys.
    if (waiting.length > 0) void work()
  }

  async function work(): Promise<void> {
    underWay += 1
    while (waiting.length > 0) await readWaiting()
    underWay -= 1
  }

  async function readWaiting(): Promise<void> {
    const taken = waiting.filter(isWanted)
    waiting = []
    const groups = Map.groupBy(taken, ({ key }) => groupOf(key))
    await Promise.all([...groups.values()].map(read))
  }

  async function read(group: readonly Waiting<Key, Value>[]): Promise<void> {
    const same = idOf === undefined ? group.map((one) => [one]) : byId(group, idOf)
    try {
      const values = await readAll(same.flatMap(([first]) => (first === undefined ? [] : [first.key])))
      for (const [index, value] of values.entries()) {
        for (const { answer } of same[index] ?? []) answer(value)
      }
    } catch (error) {
      for (const { fail } of group) fail(error)
    }
  }

  return (key, signal) =>
    new Promise((answer, fail) => {
      waiting.push({ key, signal, answer, fail })
      if (waiting.length > 1) return
      if (underWay >= AT_ONCE) setTimeout(begin, GATHER_MS)
      else setImmediate(begin)
    })
}

function byId<Key, Value>(
  group: readonly Waiting<Key, Value>[],
  idOf: (key: Key) => string,
): readonly (readonly Waiting<Key, Value>[])[] {
  return [...Map.groupBy(group, ({ key }) => idOf(key)).values()]
}

/** Rejects aborted loads at once. */
function isWanted<Key, Value>({ signal, fail }: Waiting<Key, Value>): boolean {
  if (signal?.aborted !== true) return true
  fail(abandoned)
  return false
}
