/** The duration of one operation, and whether it succeeded. */
export interface Latency {
  readonly ms: number
  readonly isAnswered: boolean
}

export interface Percentiles {
  readonly count: number
  readonly failed: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What an honest client does, with timeouts. */
export interface Latencies {
  readonly echo: Percentiles
  readonly read: Percentiles
  readonly message: Percentiles
}

export function quantileOf(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

export function latencyOf(all: readonly Latency[]): Percentiles {
  const values = all.map(({ ms }) => ms)
  return {
    count: all.length,
    failed: all.filter(({ isAnswered }) => !isAnswered).length,
    p50: quantileOf(values, 0.5),
    p99: quantileOf(values, 0.99),
    max: quantileOf(values, 1),
  }
}
