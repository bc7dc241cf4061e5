import type { Connection } from './connection.ts'
import type { Changeable } from './observable.ts'

/** Minimum time between updates of the count: an application renders each one. */
const TOLD_EVERY_MS = 50

/**
 * Counts, in `connection`, the entries that were written while it was away. Call the returned function with the server time of each
 * entry that arrives.
 */
export function createRecovered(
  connection: Changeable<Connection>,
  reconnectedAt: () => number,
): (at: number) => void {
  let untold = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function tell(): void {
    timer = undefined
    const current = connection.get()
    if (current.kind === 'connected') connection.set({ ...current, recovered: current.recovered + untold })
    untold = 0
  }

  return (at) => {
    if (at >= reconnectedAt()) return
    untold += 1
    if (timer === undefined) timer = setTimeout(tell, TOLD_EVERY_MS)
  }
}
