/**
 * `PROPERTY_RUNS=10000 npm test -- test/domain test/hub test/resolvers/states` runs the long form; undefined in a
 * normal run.
 */
const asked = process.env['PROPERTY_RUNS']
const FROM_ENVIRONMENT = asked === undefined ? undefined : countOf(asked)

const PATIENCE_MS = 20_000
/** The time limit of one case, on a busy machine. */
const CASE_MS = 150

function countOf(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`PROPERTY_RUNS is no count: ${text}`)
  return count
}

/** For `fc.assert`: the number of runs of a property. `often` by default, PROPERTY_RUNS if set. */
export function runs(often: number): { readonly numRuns: number } {
  return { numRuns: FROM_ENVIRONMENT ?? often }
}

/** For the surrounding `test` or `describe`: a timeout for as many cases. */
export const PATIENTLY = { timeout: Math.max(PATIENCE_MS, (FROM_ENVIRONMENT ?? 0) * CASE_MS) }
