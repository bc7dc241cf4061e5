import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { perform, type Scene } from '../scene.ts'

const BURST = { nodes: 2, rooms: 3, watchersEach: 4, publishers: 6 }
const LOOK_MS = 50
const PATIENCE_MS = 60_000

/** Whether the node is ready, and its bus and its database work: without the bus it stays ready, and says so. */
async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/ready`)
  const { warnings } = (await response.json()) as { readonly warnings: readonly { readonly part: string }[] }
  return response.status === 200 && !warnings.some(({ part }) => part === 'bus')
}

/** Resolves with how long it took until every node said that. */
async function untilAll({ nodes }: Scene, isReadyWanted: boolean): Promise<number> {
  const beganAt = Date.now()
  for (;;) {
    const said = await Promise.all(nodes.map(({ node }) => isReady(node.url)))
    if (said.every((ready) => ready === isReadyWanted)) return Date.now() - beganAt
    if (Date.now() - beganAt > PATIENCE_MS) throw new Error(`/ready did not become ${isReadyWanted}`)
    await pause(LOOK_MS)
  }
}

function report(noticedMs: number[], recoveredMs: number[]): Readonly<Record<string, string>> {
  return {
    'time until /ready says so, at most': `${Math.max(...noticedMs)} ms`,
    'time to recover, at most': `${Math.max(...recoveredMs)} ms`,
  }
}

/** Fault 3: with all its subscriptions and leases gone. */
export const restartedRedis: Fault = {
  number: 3,
  name: 'Redis killed and restarted empty',
  run(form, seed, postgres) {
    const kills = form === 'short' ? 1 : 10
    return perform({ ...BURST, seed, postgres }, async (scene) => {
      const noticed: number[] = []
      const recovered: number[] = []
      for (let kill = 0; kill < kills; kill += 1) {
        await scene.redis.kill()
        noticed.push(await untilAll(scene, false))
        await scene.redis.restart()
        recovered.push(await untilAll(scene, true))
        await pause(scene.random(1_000))
      }
      return report(noticed, recovered)
    })
  },
}

/** Fault 4: connections stay open, and nothing passes. */
export const swallowedRedis: Fault = {
  number: 4,
  name: 'Redis black-holed',
  run(form, seed, postgres) {
    const times = form === 'short' ? 1 : 10
    return perform({ ...BURST, seed, postgres }, async (scene) => {
      const noticed: number[] = []
      const recovered: number[] = []
      for (let time = 0; time < times; time += 1) {
        scene.redisProxy.swallow()
        noticed.push(await untilAll(scene, false))
        await pause(1_000)
        const said = await Promise.all(scene.nodes.map(({ node }) => isReady(node.url)))
        if (said.some((ready) => ready)) throw new Error('/ready was green while nothing passed')
        scene.redisProxy.heal()
        recovered.push(await untilAll(scene, true))
      }
      return report(noticed, recovered)
    })
  },
}

/** Fault 5: an immediate shutdown, from which it recovers by its write-ahead log. */
export const killedPostgres: Fault = {
  number: 5,
  name: 'PostgreSQL killed (immediate) and restarted during bids',
  run(form, seed, postgres) {
    const kills = form === 'short' ? 1 : 10
    return perform({ ...BURST, seed, postgres }, async (scene) => {
      let longestMs = 0
      for (let kill = 0; kill < kills; kill += 1) {
        await pause(500 + scene.random(1_000))
        const killedAt = Date.now()
        await postgres.killImmediate()
        await pause(scene.random(2_000))
        await postgres.restart()
        await untilAll(scene, true)
        longestMs = Math.max(longestMs, Date.now() - killedAt)
      }
      await pause(500)
      return { 'longest window of errors': `${longestMs} ms` }
    })
  },
}
