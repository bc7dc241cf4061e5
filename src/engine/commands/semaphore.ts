/** At most so many holders at once, first come, first served. */
export interface Turns {
  /** Resolves when it is one's turn, with what ends it. */
  take(): Promise<() => void>
}

export function createTurns(size: number): Turns {
  const waiting: (() => void)[] = []
  let free = size
  const release = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async take() {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return release
    },
  }
}
