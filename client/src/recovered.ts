import type { Connection } from './connection.ts'
import type { Changeable } from './observable.ts'

/** Changes of the count are told so far apart, at most: an application draws itself anew for each. */
const TOLD_EVERY_MS = 50

/**
 * Counts in `connection` the entries that were written while it was away. What answers is called with the time of each that
 * comes, by the server's clock.
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
