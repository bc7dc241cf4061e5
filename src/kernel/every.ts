/** A periodic task that runs one round at a time. */
export interface Periodic {
  /** Begins no more rounds; resolves when the running one has ended. */
  close(): Promise<void>
}

/**
 * Runs `task` `periodMs` after each round has ended, first after `firstMs`. A round that fails is reported and does not
 * stop the next. Never keeps the process alive.
 */
export function every(
  periodMs: number,
  task: () => Promise<void>,
  onFault: (error: unknown) => void,
  firstMs = periodMs,
): Periodic {
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()

  function schedule(waitMs: number): void {
    if (isClosed) return
    timer = setTimeout(() => {
      round = task()
        .catch(onFault)
        .finally(() => schedule(periodMs))
    }, waitMs)
    timer.unref()
  }

  schedule(firstMs)
  return {
    async close() {
      isClosed = true
      clearTimeout(timer)
      await round
    },
  }
}
