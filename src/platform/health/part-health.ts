import { type Instant, instant } from '../../engine/kernel/instant.ts'

/** What is wrong with a part that the node can do without, and since when. */
export interface Degradation {
  readonly since: Instant
  /** For operators; holds no password. */
  readonly message: string
}

/** The health of such a part, as it was last reported. */
export interface PartHealth {
  /** The part is away, with why, or works: null. Repeating what is known changes nothing. */
  report(problem: string | null): void
  /** Undefined while the part works, and before anything was reported. */
  degradation(): Degradation | undefined
}

/** `onChange` is called when the part goes away or comes back, not when it is said again; not when it works at the start. */
export function createPartHealth(onChange: (problem: string | null) => void = () => {}): PartHealth {
  let current: Degradation | undefined
  return {
    report(problem) {
      const wasAway = current !== undefined
      current =
        problem === null ? undefined : { since: current?.since ?? instant(Date.now()), message: problem }
      if (wasAway !== (problem !== null)) onChange(problem)
    },
    degradation: () => current,
  }
}
