import type { LoadPlan, Publishing } from '../run/load.ts'

/** What is to be there before a measurement. */
export interface Stage {
  readonly topics: number
  readonly subscribers: number
  /** How many unlike selections; subscribers take turns. */
  readonly selections?: number
  /** How many nodes share a database and a bus. */
  readonly nodes?: number
}

/** A system that runs, and how the generator speaks to it. */
export interface RunningSystem extends AsyncDisposable {
  /** A process that collects garbage on demand. */
  readonly collector?: number
  readonly target: Omit<LoadPlan, 'connections' | 'publishing'>
  readonly publishing: Omit<Publishing, 'pace'>
}

/** Something to be measured. */
export interface System {
  readonly key: string
  readonly name: string
  /** Whether one entry costs it an execution for each subscriber: ramps begin lower. */
  readonly isSlow?: boolean
  /** Why it can't be measured here; undefined where it can. */
  readonly missing?: () => string | undefined
  readonly start: (stage: Stage, options: StartOptions) => Promise<RunningSystem>
}

export interface StartOptions {
  /** Where a CPU profile of the server is written; undefined: none is. */
  readonly profileFolder?: string | undefined
}
