export interface PeriodicOptions {
  /** From the end of one round to the start of the next. */
  readonly everyMs: number | (() => number)
  /** Until the first round. Default: `everyMs`. */
  readonly firstMs?: number
  /** Called with the error of a failed round; later rounds still run. */
  readonly onFault: (error: unknown) => void
}

/** A task that runs one round at a time. */
export interface Periodic {
  /** Starts a round now, or right after the running one. */
  soon(): void
  /** Starts no more rounds; resolves when the running one has ended. */
  close(): Promise<void>
}

/** Runs `task` periodically, `everyMs` after the end of each round. Does not keep the process alive. */
export function every(task: () => Promise<void>, { everyMs, firstMs, onFault }: PeriodicOptions): Periodic {
  let isClosed = false
  let isRunning = false
  let isWanted = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    isRunning = true
    isWanted = false
    try {
      await task()
    } catch (error) {
      onFault(error)
    }
    isRunning = false
    schedule(isWanted ? 0 : periodMs())
  }

  function periodMs(): number {
    return typeof everyMs === 'number' ? everyMs : everyMs()
  }

  function schedule(waitMs: number): void {
    clearTimeout(timer)
    if (isClosed) return
    timer = setTimeout(() => {
      round = run()
    }, waitMs)
    timer.unref()
  }

  schedule(firstMs ?? periodMs())
  return {
    soon() {
      isWanted = true
      if (!isRunning) schedule(0)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await round
    },
  }
}
