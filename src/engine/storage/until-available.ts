import { setTimeout as pause } from 'node:timers/promises'
import { isPassing } from './faults.ts'

const RETRY_MS = 1_000

/**
 * Resolves with the result of `work`, retried every second while the database is unavailable. Rejects with faults that
 * waiting does not resolve: a wrong password, an unknown database, missing rights. `onWait` is called once, before the first wait.
 */
export async function untilAvailable<Result>(
  work: () => Promise<Result>,
  onWait: (error: unknown) => Promise<void> | void,
  retryMs = RETRY_MS,
): Promise<Result> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      if (isFirst) await onWait(error)
      await pause(retryMs)
    }
  }
}
