/** Shares this node's thread between readers with long replays, so that live readers do not wait for them. */
export interface TimeSlices {
  /** Resolves when the caller may run until its next `await`. Keep that short. */
  next(): Promise<void>
}

/** Time budget per slice before yielding to the event loop. */
const SLICE_MS = 1

export function createTimeSlices(): TimeSlices {
  const waiting: (() => void)[] = []
  let until = Number.NEGATIVE_INFINITY

  function run(): void {
    until = performance.now() + SLICE_MS
    pass()
  }

  function pass(): void {
    if (performance.now() > until) {
      setImmediate(run)
      return
    }
    waiting[0]?.()
    // After the caller's own work, which is also a microtask.
    queueMicrotask(() => {
      waiting.shift()
      if (waiting.length > 0) pass()
    })
  }

  return {
    next: () =>
      new Promise((resolve) => {
        // The first in the queue is running or about to.
        if (waiting.push(resolve) === 1) setImmediate(run)
      }),
  }
}
