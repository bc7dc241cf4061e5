import { ROLL_LIMIT, type Roll } from './registry.ts'
import type { Place } from './scope.ts'

export const NOBODY: Roll = { count: 0, tags: new Map() }

/** What the last reading of each watched scope said of other nodes. It still counts for a while after Redis went away. */
export class LastKnownRolls {
  readonly #rolls = new Map<Place, Roll>()
  #countsUntil = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** Redis went away: what is known counts for `ms` from now. `onOver` is called after that. */
  countFor(ms: number, onOver: () => void): void {
    this.#countsUntil = performance.now() + ms
    clearTimeout(this.#timer)
    this.#timer = setTimeout(onOver, ms + 1).unref()
  }

  /** Whether what is known counts while Redis does not have it again. */
  get isCounting(): boolean {
    return performance.now() < this.#countsUntil
  }

  of(place: Place): Roll {
    return this.#rolls.get(place) ?? NOBODY
  }

  set(place: Place, roll: Roll | undefined): void {
    this.#rolls.set(place, roll ?? NOBODY)
  }

  delete(place: Place): void {
    this.#rolls.delete(place)
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}

/** `now`, and those of `held` who are not in it. */
export function mergeRolls(now: Roll = NOBODY, held: Roll = NOBODY): Roll {
  const tags = new Map([...held.tags, ...now.tags])
  const isComplete = now.tags.size === now.count && held.tags.size === held.count && tags.size <= ROLL_LIMIT
  if (isComplete) return { count: tags.size, tags }
  return { count: Math.max(now.count, held.count, tags.size), tags: new Map() }
}
