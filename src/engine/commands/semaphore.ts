/** A fixed number of permits, first come, first served. */
export interface Semaphore {
  /** Resolves when a permit is free. Call the returned function once to release it. */
  acquire(): Promise<() => void>
}

export function createSemaphore(permits: number): Semaphore {
  const waiting: (() => void)[] = []
  let free = permits
  const release = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async acquire() {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return release
    },
  }
}
