import { describe, expect, test } from 'vitest'
import { startRedis } from '../../support/redis.ts'
import { runStorm } from './storm.ts'

const NODES = 3
/** A node writes at most ten times a second for a room, and as often for the connected users. */
const WRITES = 10 * 2
/** It reads a watched room at most twice a second, and once more after each notice. */
const READS = 2 * 2
/** For a room and for the connected users. In addition, each node probes its bus every two seconds. */
const NOTICES = 2 * 2
const PROBES = NODES / 2

describe('5000 users who join a room at once and leave again', () => {
  test.for([{ withinMs: 0 }, { withinMs: 3_000 }])(
    'within $withinMs ms have a bounded cost per second, however many they are',
    { timeout: 60_000 },
    async ({ withinMs }) => {
      await using redis = await startRedis()
      const { joining, leaving } = await runStorm({
        redisUrl: redis.url,
        ...{ nodes: NODES, users: 5_000, withinMs, followers: 4 },
      })
      for (const { seconds, scripts, notices, payloads, settledMs } of [joining, leaving]) {
        // A batch of more than a thousand users takes several scripts.
        expect(scripts).toBeLessThanOrEqual(NODES * (WRITES + READS) * (seconds + 1) + 2 * 2 * NODES)
        expect(notices).toBeLessThanOrEqual((NOTICES + PROBES) * (seconds + 1) + NODES)
        expect(payloads).toBeLessThanOrEqual(2 * (seconds + 2))
        expect(payloads).toBeGreaterThan(0)
        expect(settledMs).toBeLessThan(3_000)
      }
    },
  )
})
