import { type Instant, instant } from '../../engine/kernel/instant.ts'

/** A failure of a component that the node can do without. */
export interface Degradation {
  readonly since: Instant
  /** For operators; contains no password. */
  readonly message: string
}

/** The last reported health of such a component. */
export interface PartHealth {
  /** Reports why the component is down, or null if it works. Repeating the known state has no effect. */
  report(problem: string | null): void
  /** Undefined while the component works, and before the first report. */
  degradation(): Degradation | undefined
}

/**
 * `onChange` is called when the component fails or recovers, not for repeated reports, and not if it works from the
 * start.
 */
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
