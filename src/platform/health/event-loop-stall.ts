import { Listeners, warnOfFault } from '../../engine/kernel/listeners.ts'

/**
 * Detects that this process did not run for a while: it was stopped, its machine slept, the event loop was blocked, or
 * the clock was set forward. Other nodes moved on meanwhile, so cached knowledge about them is stale.
 */
export interface StallDetector {
  /** Call before acting on external input; costs one clock read. */
  look(): void
  /** Calls `listener` with the length in ms, during the first check after a stall. */
  onStall(listener: (ms: number) => void): void
  close(): void
}

const LOOK_EVERY_MS = 1_000
/** Longer than garbage collection and bursts of work take. */
const STALL_MS = 5_000

/**
 * `now` in epoch ms, from a clock that advances while the machine sleeps. `onFault` receives errors thrown by
 * listeners.
 */
export function createStallDetector(
  now: () => number,
  onFault: (fault: unknown) => void = warnOfFault,
): StallDetector {
  const listeners = new Listeners<(ms: number) => void>(onFault)
  let lookedAt = now()

  function look(): void {
    const time = now()
    const stoodMs = time - lookedAt
    lookedAt = time
    if (stoodMs > STALL_MS) listeners.tell((listener) => listener(stoodMs))
  }

  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return {
    look,
    onStall: (listener) => listeners.add(listener),
    close: () => clearInterval(timer),
  }
}
