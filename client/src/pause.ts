import { createDeferred } from './deferred.ts'

/** Resolves after `ms`, or earlier when the device comes back online or `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = createDeferred<void>()
  const done = (): void => resolve(undefined)
  const timer = setTimeout(done, ms)
  signal.addEventListener('abort', done)
  globalThis.addEventListener?.('online', done)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', done)
  globalThis.removeEventListener?.('online', done)
}
