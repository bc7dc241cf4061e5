/** How many values were at most so large, by that bound: as a histogram of Prometheus has them. */
export type Buckets = ReadonlyMap<number, number>

/** The buckets of a histogram in the answers of `/metrics` of some nodes, added up. */
export function bucketsOf(metric: string, answers: readonly string[]): Buckets {
  const buckets = new Map<number, number>()
  const sample = new RegExp(`^${metric}_bucket\\{le="([^"]+)"\\} (\\S+)$`, 'gm')
  for (const [, bound, count] of answers.flatMap((answer) => [...answer.matchAll(sample)])) {
    const limit = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
    buckets.set(limit, (buckets.get(limit) ?? 0) + Number(count))
  }
  return buckets
}

/** Values are taken to lie evenly within a bucket. Undefined where there are none, or it lies above the last bound. */
export function quantileOf(buckets: Buckets, part: number): number | undefined {
  const wanted = part * Math.max(0, ...buckets.values())
  let [lower, below] = [0, 0]
  for (const [upper, count] of [...buckets].sort(([one], [other]) => one - other)) {
    if (count >= wanted && count > below) {
      const value = lower + ((upper - lower) * (wanted - below)) / (count - below)
      return Number.isFinite(value) ? value : undefined
    }
    ;[lower, below] = [upper, count]
  }
  return undefined
}

/** Of the straight line through points (x, y) that misses them least. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [middleX, middleY] = [mean(0), mean(1)]
  const [above, below] = points.reduce(
    ([over, under], [x, y]) => [over + (x - middleX) * (y - middleY), under + (x - middleX) ** 2],
    [0, 0],
  )
  return above / below
}
