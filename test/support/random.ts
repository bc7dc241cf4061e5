/**
 * Numerical Recipes' generator: small, and the same for a seed everywhere. Returns whole numbers from 0, below `below`.
 */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
