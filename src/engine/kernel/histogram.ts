/** How many values fell below which bounds: plain numbers, so that counting one costs next to nothing. */
export interface Distribution {
  /** Ascending; a value that equals a bound is below it. */
  readonly bounds: readonly number[]
  /** One for each bound, of what lies between it and the one before, and a last one for what is above all. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** A distribution that goes on. */
export interface GrowingDistribution extends Distribution {
  add(value: number): void
}

export function createDistribution(bounds: readonly number[]): GrowingDistribution {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0)
  let sum = 0
  return {
    bounds,
    counts,
    get sum() {
      return sum
    },
    add(value) {
      let at = 0
      for (const bound of bounds) {
        if (value <= bound) break
        at += 1
      }
      counts[at] = (counts[at] ?? 0) + 1
      sum += value
    },
  }
}
