import { type Column, type Result, spreadOf } from './result.ts'

/** A figure that is not what it was. */
export interface Movement {
  /** Scenario, case, system and column. */
  readonly figure: string
  readonly before: number
  readonly after: number
  /** Of `after` to `before`, less one: 0.1 is 10 % more. */
  readonly change: number
  readonly isBetter: boolean
}

/** Less than this is never told: two runs of the same are as unlike. */
const LEAST = 0.03

interface Figure {
  readonly column: Column
  readonly median: number
  readonly spread: number
}

function figuresOf({ scenarios }: Result): ReadonlyMap<string, Figure> {
  const figures = new Map<string, Figure>()
  for (const scenario of scenarios) {
    for (const { name, systems } of scenario.cases) {
      for (const system of systems) {
        for (const column of scenario.columns) {
          const figure = spreadOf(system.rounds, column.key)
          const path = [scenario.name, name, system.key, column.title].join(' · ')
          if (figure !== undefined) figures.set(path, { column, ...figure })
        }
      }
    }
  }
  return figures
}

/** The figures of both results that moved by more than the spreads of both together, the largest change first. */
export function movementsBetween(earlier: Result, later: Result): readonly Movement[] {
  const before = figuresOf(earlier)
  const movements: Movement[] = []
  for (const [figure, { column, median, spread }] of figuresOf(later)) {
    const old = before.get(figure)
    if (old === undefined || old.median === 0) continue
    const change = median / old.median - 1
    if (Math.abs(change) <= Math.max(LEAST, old.spread + spread)) continue
    const isBetter = change > 0 === (column.better === 'higher')
    movements.push({ figure, before: old.median, after: median, change, isBetter })
  }
  return movements.sort((one, other) => Math.abs(other.change) - Math.abs(one.change))
}
