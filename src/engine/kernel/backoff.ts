/** Exponential backoff per key. */
export interface Pauses<Key> {
  /** Call on failure: starts a pause twice as long as the previous one. */
  begin(key: Key): void
  /** Call on success: ends the backoff. */
  clear(key: Key): void
  isPaused(key: Key): boolean
  /** The keys that are paused now. */
  paused(): readonly Key[]
}

interface Pause {
  readonly ms: number
  /** Monotonic time of this process. */
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
