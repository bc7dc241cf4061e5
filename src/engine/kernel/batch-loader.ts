import { abandoned } from './abandoned.ts'

interface Waiting<Key, Value> {
  readonly key: Key
  readonly signal: AbortSignal | undefined
  readonly answer: (value: Value) => void
  readonly fail: (error: unknown) => void
}

/** How keys that are asked for within the same moment are read. */
export interface BatchOptions<Key> {
  /** Keys with different texts are read by different statements, of which one may fail alone. Default: all by one. */
  readonly groupOf?: (key: Key) => string
  /** Of several keys of a group with the same text one is read, for all. Default: each. */
  readonly idOf?: (key: Key) => string
}

/** Reads one key along with others. What `signal` has aborted is not read, unless somebody else asked for the same. */
export type ReadTogether<Key, Value> = (key: Key, signal?: AbortSignal) => Promise<Value>

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
  { groupOf = () => '', idOf }: BatchOptions<Key> = {},
): ReadTogether<Key, Value> {
  let waiting: Waiting<Key, Value>[] = []
  let underWay = 0

  function begin(): void {
    // Another may have taken what waited.
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

/** Fails at once what nobody waits for any more. */
function isWanted<Key, Value>({ signal, fail }: Waiting<Key, Value>): boolean {
  if (signal?.aborted !== true) return true
  fail(abandoned)
  return false
}
