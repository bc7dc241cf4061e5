import { runStorm, type StormStats } from '../test/engine/presence/storm.ts'
import { startRedis } from '../test/support/redis.ts'

/**
 * 5,000 users who come to one room and go again, over three nodes that share this process and one Redis, with one
 * follower and with a hundred on each.
 */
const NODES = 3
const USERS = 5_000

function show(what: string, figures: StormStats): void {
  const { seconds, settledMs, scripts, notices, redisCpuMs, payloads, nodesCpuMs } = figures
  console.log(
    [
      `  ${what.padEnd(8)}${seconds.toFixed(2)} s, known everywhere ${settledMs.toFixed(0)} ms after the last;`,
      `Redis: ${scripts} scripts, ${notices} notices, ${redisCpuMs.toFixed(0)} ms of CPU;`,
      `${payloads} payloads a follower; nodes ${nodesCpuMs.toFixed(0)} ms of CPU`,
    ].join(' '),
  )
}

for (const withinMs of [0, 1_000, 5_000]) {
  for (const followers of [1, 100]) {
    await using redis = await startRedis()
    const options = { redisUrl: redis.url, nodes: NODES, users: USERS, withinMs, followers }
    const { joining, leaving } = await runStorm(options)
    console.log(`${USERS} users within ${withinMs} ms, ${followers} followers on each of ${NODES} nodes`)
    show('come', joining)
    show('go', leaving)
  }
}
