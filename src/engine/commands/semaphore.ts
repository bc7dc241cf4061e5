/** Hands out a fixed number of permits, first come, first served. */
export interface Semaphore {
  /** Resolves when a permit is free, with the function that returns it: call it once. */
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
