import type { CallContext } from './context.ts'

/**
 * Counts a mutation among its caller's. 0 where it may be done; else the whole ms after which it may. Visitors can do
 * nothing that would have to be counted, and services are exempt.
 */
export async function waitOf({ services, viewer, connection }: CallContext): Promise<number> {
  if (viewer === null || viewer.roles.has('SERVICE')) return 0
  const waitMs = Math.ceil(await services.rates.take(viewer.user.id))
  if (waitMs > 0) connection?.onRateLimited()
  return waitMs
}
