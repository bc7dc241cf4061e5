/** Shares this node's thread among those who have much to send: whoever is live waits for none of them. */
export interface TimeSlices {
  /** Resolves when it is the caller's turn, which lasts until its next `await`. Keep it short. */
  next(): Promise<void>
}

/** For so long one turn follows another, before sockets, timers and the bus come first. */
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
    // Comes after the turn itself, which is a microtask too.
    queueMicrotask(() => {
      waiting.shift()
      if (waiting.length > 0) pass()
    })
  }

  return {
    next: () =>
      new Promise((resolve) => {
        // Whoever is first is at work, or will be.
        if (waiting.push(resolve) === 1) setImmediate(run)
      }),
  }
}
