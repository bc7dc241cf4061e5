import { Listeners, warnOfFault } from '../../engine/kernel/listeners.ts'

/**
 * Finds out that this process did not run for a while: it was stopped, its machine slept, something kept it busy, or
 * the clock was set forward. Others went on meanwhile: what it knows of them is no longer true.
 */
export interface StallDetector {
  /** Called before anything that comes from outside is acted on; costs a look at the clock. */
  look(): void
  /** Calls `listener` with the length in ms, within the first look after a stall. */
  onStall(listener: (ms: number) => void): void
  close(): void
}

const LOOK_EVERY_MS = 1_000
/** Longer than pauses for garbage and bursts of work. */
const STALL_MS = 5_000

/** `now` in epoch ms: a clock that goes on while the machine sleeps. `onFault` gets what a listener throws. */
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
