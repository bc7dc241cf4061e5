/** What a table shows of each measurement. */
export interface Column {
  readonly key: string
  readonly title: string
  /** After the point. */
  readonly digits: number
  readonly better: 'higher' | 'lower'
}

export type Values = Readonly<Record<string, number>>

/** One measurement of one system. A value that could not be had is absent. */
export interface Round {
  readonly values: Values
  readonly remarks: readonly string[]
  /** As the generator printed it. */
  readonly raw: unknown
}

export interface SystemResult {
  readonly key: string
  readonly name: string
  readonly rounds: readonly Round[]
  /** Why there are no rounds. */
  readonly missing?: string
}

export interface CaseResult {
  readonly name: string
  readonly systems: readonly SystemResult[]
}

export interface ScenarioResult {
  readonly name: string
  readonly title: string
  readonly explanation: string
  readonly columns: readonly Column[]
  readonly cases: readonly CaseResult[]
}

/** A file of `bench/results`. */
export interface Result {
  /** ISO 8601. */
  readonly startedAt: string
  readonly isQuick: boolean
  readonly machine: Readonly<Record<string, string | number>>
  readonly versions: Readonly<Record<string, string>>
  readonly scenarios: readonly ScenarioResult[]
}

/** Half the distance from the least to the greatest, as a share of the median: 0.05 is ±5 %. */
export interface Spread {
  readonly median: number
  readonly spread: number
}

/** Undefined where no round has a value. */
export function spreadOf(rounds: readonly Round[], key: string): Spread | undefined {
  const sorted = rounds.flatMap(({ values }) => values[key] ?? []).sort((one, other) => one - other)
  const [least, greatest] = [sorted[0], sorted.at(-1)]
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (least === undefined || greatest === undefined || low === undefined || high === undefined)
    return undefined
  const median = (low + high) / 2
  return { median, spread: median === 0 ? 0 : (greatest - least) / 2 / median }
}

/** The scenarios of `added` in place of those of the same name, the others as they were. */
export function mergeScenarios(
  earlier: readonly ScenarioResult[],
  added: readonly ScenarioResult[],
): readonly ScenarioResult[] {
  const names = new Set(added.map(({ name }) => name))
  return [...earlier.filter(({ name }) => !names.has(name)), ...added]
}
