/** Shares this node's thread between readers with much to send, so that live readers wait for none of them. */
export interface TimeSlices {
  /** Resolves when the caller may work, until its next `await`. Keep that short. */
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
    // After the caller's own work, which is a microtask too.
    queueMicrotask(() => {
      waiting.shift()
      if (waiting.length > 0) pass()
    })
  }

  return {
    next: () =>
      new Promise((resolve) => {
        // The first in the queue is at work, or will be.
        if (waiting.push(resolve) === 1) setImmediate(run)
      }),
  }
}
