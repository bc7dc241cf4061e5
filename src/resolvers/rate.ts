import type { CallContext } from './context.ts'

/**
 * Counts a mutation of the caller. Returns 0 if allowed, otherwise the ms to wait, rounded up. Visitors have no
 * mutations that need a limit, and services are exempt.
 */
export async function waitOf({ services, viewer, connection }: CallContext): Promise<number> {
  if (viewer === null || viewer.roles.has('SERVICE')) return 0
  const waitMs = Math.ceil(await services.rates.take(viewer.user.id))
  if (waitMs > 0) connection?.onRateLimited()
  return waitMs
}
