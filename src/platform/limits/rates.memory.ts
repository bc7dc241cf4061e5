import { LRUCache } from 'lru-cache'
import type { UserId } from '../../engine/kernel/id.ts'
import { cellsOf, type Rate, type Rates } from './rates.ts'

/** A forgotten client has a full bucket. */
const MAX_USERS = 100_000

/** Local to this node. `nowMs` is monotonic. */
export function createMemoryRates(rate: Rate, nowMs: () => number = () => performance.now()): Rates {
  const { intervalMs, fullMs } = cellsOf(rate)
  const fullAt = new LRUCache<UserId, number>({ max: MAX_USERS })
  return {
    async take(user, count = 1) {
      const now = nowMs()
      const next = Math.max(now, fullAt.get(user) ?? 0) + intervalMs * count
      const waitMs = next - fullMs - now
      if (waitMs > 0) return waitMs
      fullAt.set(user, next)
      return 0
    },
    async close() {},
  }
}
