/** `PROPERTY_RUNS=10000 npm test -- test/domain test/hub test/resolvers/states` is the long form; undefined in the usual one. */
const asked = process.env['PROPERTY_RUNS']
const FROM_ENVIRONMENT = asked === undefined ? undefined : countOf(asked)

const PATIENCE_MS = 20_000
/** What one case may take, on a machine that does other things, too. */
const CASE_MS = 150

function countOf(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`PROPERTY_RUNS is no count: ${text}`)
  return count
}

/** For `fc.assert`: how often a property is tried. `often` in the usual run, PROPERTY_RUNS where that is set. */
export function runs(often: number): { readonly numRuns: number } {
  return { numRuns: FROM_ENVIRONMENT ?? often }
}

/** For the `test` or `describe` around it: time enough for as many cases. */
export const PATIENTLY = { timeout: Math.max(PATIENCE_MS, (FROM_ENVIRONMENT ?? 0) * CASE_MS) }
