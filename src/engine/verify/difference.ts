/** Something that the record says in two places, and not the same. */
export interface Difference {
  /** What it is about: `auction auc_…`, `wallet ann EUR`. */
  readonly about: string
  readonly what: string
  readonly stored: unknown
  readonly recomputed: unknown
}

/** One difference, or none where both are the same as JSON. */
export function compare(
  about: string,
  what: string,
  stored: unknown,
  recomputed: unknown,
): readonly Difference[] {
  return JSON.stringify(stored) === JSON.stringify(recomputed) ? [] : [{ about, what, stored, recomputed }]
}
