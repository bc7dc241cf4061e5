import { setImmediate as turn } from 'node:timers/promises'

const TURNS = 30

/** Lets everything that waits for nothing but the event loop come to its end. */
export async function settled(): Promise<void> {
  for (let count = 0; count < TURNS; count += 1) await turn()
}
