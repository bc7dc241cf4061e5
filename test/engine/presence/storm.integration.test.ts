import { describe, expect, test } from 'vitest'
import { startRedis } from '../../support/redis.ts'
import { runStorm } from './storm.ts'

const NODES = 3
/** A node writes ten times a second at most, about a room and about who is connected. */
const WRITES = 10 * 2
/** It reads a room that it follows twice a second at most, and once more after each notice. */
const READS = 2 * 2
/** Of a room, and of who is connected; beside them each node probes its bus every two seconds. */
const NOTICES = 2 * 2
const PROBES = NODES / 2

describe('5000 users who come to a room at once and go again', () => {
  test.for([{ withinMs: 0 }, { withinMs: 3_000 }])(
    'within $withinMs ms cost so much a second, however many they are',
    { timeout: 60_000 },
    async ({ withinMs }) => {
      await using redis = await startRedis()
      const { joining, leaving } = await runStorm({
        redisUrl: redis.url,
        ...{ nodes: NODES, users: 5_000, withinMs, followers: 4 },
      })
      for (const { seconds, scripts, notices, payloads, settledMs } of [joining, leaving]) {
        // A batch of more than a thousand users is more than one script.
        expect(scripts).toBeLessThanOrEqual(NODES * (WRITES + READS) * (seconds + 1) + 2 * 2 * NODES)
        expect(notices).toBeLessThanOrEqual((NOTICES + PROBES) * (seconds + 1) + NODES)
        expect(payloads).toBeLessThanOrEqual(2 * (seconds + 2))
        expect(payloads).toBeGreaterThan(0)
        expect(settledMs).toBeLessThan(3_000)
      }
    },
  )
})
