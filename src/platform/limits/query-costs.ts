import { LRUCache } from 'lru-cache'
import { cellsOf, type Rate } from './rates.ts'

/** A forgotten client has a full bucket. About 10 MB. */
const MAX_CLIENTS = 100_000

/** A cost bucket per client, local to this node: it is checked on every operation and must not wait. */
export interface QueryCosts {
  /**
   * Takes `cost` from the client's bucket. Returns 0 on success; otherwise takes nothing and returns the ms until it
   * would succeed.
   */
  take(client: string, cost: number): number
}

export interface QueryCostsOptions extends Rate {
  /** Monotonic. */
  readonly nowMs?: () => number
  /** Maximum number of tracked clients. */
  readonly maxClients?: number
}

/** A cost above the burst empties a full bucket, so that a single operation is always possible. */
export function createQueryCosts(options: QueryCostsOptions): QueryCosts {
  const { nowMs = () => performance.now(), maxClients = MAX_CLIENTS } = options
  const { intervalMs, fullMs } = cellsOf(options)
  const fullAt = new LRUCache<string, number>({ max: maxClients })
  return {
    take(client, cost) {
      const now = nowMs()
      const takenMs = Math.min(cost * intervalMs, fullMs)
      const next = Math.max(now, fullAt.get(client) ?? 0) + takenMs
      const waitMs = next - fullMs - now
      if (waitMs > 0) return Math.ceil(waitMs)
      fullAt.set(client, next)
      return 0
    },
  }
}
