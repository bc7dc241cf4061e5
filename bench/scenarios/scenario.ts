import type { Column, Round } from '../run/result.ts'
import type { StartOptions, System } from '../systems/system.ts'

/** How a scenario is to be measured. */
export interface MeasureOptions extends StartOptions {
  /** Shorter phases and fewer of them: to see that it works. */
  readonly isQuick: boolean
}

export interface Case {
  readonly name: string
  readonly measure: (system: System, options: MeasureOptions) => Promise<Round>
  /** Why this case can't be measured of a system; undefined where it can. */
  readonly missing?: (system: System) => string | undefined
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** For the page: what is done, and what to mind in reading it. */
  readonly explanation: string
  readonly columns: readonly Column[]
  readonly systems: readonly System[]
  readonly cases: (isQuick: boolean) => readonly Case[]
}
