/** Counts refusals within a time window, to detect clients that retry instead of waiting. */
export class Refusals {
  #count = 0
  #since = Number.NEGATIVE_INFINITY

  /** Counts a refusal at `nowMs` (monotonic). Returns true for the one that reaches `max` within `withinMs`. */
  add({
    max,
    withinMs,
    nowMs,
  }: {
    readonly max: number
    readonly withinMs: number
    readonly nowMs: number
  }): boolean {
    if (nowMs - this.#since > withinMs) {
      this.#since = nowMs
      this.#count = 0
    }
    this.#count += 1
    return this.#count === max
  }
}
