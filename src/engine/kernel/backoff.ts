/** What failed is left alone for a while, each key by itself: longer each time, until it succeeds. */
export interface Pauses<Key> {
  /** It failed: its next pause begins, twice as long as the last one. */
  begin(key: Key): void
  /** It succeeded. */
  clear(key: Key): void
  isPaused(key: Key): boolean
  /** All that are paused now. */
  paused(): readonly Key[]
}

interface Pause {
  readonly ms: number
  /** By the clock of this process that never goes back. */
  readonly until: number
}

const FIRST_MS = 1_000
const LONGEST_MS = 60_000

export function createPauses<Key>(): Pauses<Key> {
  const pauses = new Map<Key, Pause>()

  function isPaused(key: Key): boolean {
    return (pauses.get(key)?.until ?? 0) > performance.now()
  }

  return {
    begin(key) {
      const ms = Math.min(LONGEST_MS, (pauses.get(key)?.ms ?? FIRST_MS / 2) * 2)
      pauses.set(key, { ms, until: performance.now() + ms })
    },
    clear(key) {
      pauses.delete(key)
    },
    isPaused,
    paused: () => [...pauses.keys()].filter(isPaused),
  }
}
