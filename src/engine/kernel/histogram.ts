/** Counts of values per bucket. Plain numbers, so that an observation costs almost nothing. */
export interface Histogram {
  /** Upper bounds in ascending order, inclusive. */
  readonly bounds: readonly number[]
  /** One count per bucket, each excluding the lower ones, and a last one for values above all bounds. */
  readonly counts: readonly number[]
  readonly sum: number
}

/** A histogram that values are added to. */
export interface MutableHistogram extends Histogram {
  add(value: number): void
}

export function createHistogram(bounds: readonly number[]): MutableHistogram {
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
