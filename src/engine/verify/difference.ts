/** A value that the database stores twice, with different results. */
export interface Difference {
  /** The object concerned: its kind and its id. */
  readonly about: string
  readonly what: string
  readonly stored: unknown
  readonly recomputed: unknown
}

/** One difference, or none if both are equal as JSON. */
export function compare(
  about: string,
  what: string,
  stored: unknown,
  recomputed: unknown,
): readonly Difference[] {
  return JSON.stringify(stored) === JSON.stringify(recomputed) ? [] : [{ about, what, stored, recomputed }]
}
