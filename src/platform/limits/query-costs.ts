import { LRUCache } from 'lru-cache'
import { cellsOf, type Rate } from './rates.ts'

/** A client that is forgotten has a full bucket. About 10 MB. */
const MAX_CLIENTS = 100_000

/** A bucket of cost per client, on this node alone: it is asked on every operation, and must not wait for anybody. */
export interface QueryCosts {
  /** Takes `cost` from the client's bucket. 0 where it was there; else nothing was taken, and it will be there in so many ms. */
  take(client: string, cost: number): number
}

export interface QueryCostsOptions extends Rate {
  /** Monotonic. */
  readonly nowMs?: () => number
  /** Clients to remember. */
  readonly maxClients?: number
}

/** A cost above the burst is taken from a full bucket, as the burst: one operation is always possible. */
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
