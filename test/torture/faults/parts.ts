import { setTimeout as pause } from 'node:timers/promises'
import type { RestartingNode } from '../../support/restarting-node.ts'
import { scrape } from '../../support/scrape.ts'
import type { Fault } from '../fault.ts'
import { askReady, isFine, isReady, names, untilSaid, watchReadiness } from '../readiness.ts'
import { perform } from '../scenario.ts'

const BURST = { nodes: 2, rooms: 3, watchersEach: 4, publishers: 6 }
function report(noticedMs: number[], recoveredMs: number[]): Readonly<Record<string, string>> {
  return {
    'time until /ready says so, at most': `${Math.max(...noticedMs)} ms`,
    'time to recover, at most': `${Math.max(...recoveredMs)} ms`,
  }
}

/** Fault 3: Redis restarts without its subscriptions and leases. */
export const restartedRedis: Fault = {
  number: 3,
  name: 'Redis killed and restarted empty',
  run(form, seed, postgres) {
    const kills = form === 'short' ? 1 : 10
    return perform({ ...BURST, seed, postgres }, async (scenario) => {
      const noticed: number[] = []
      const recovered: number[] = []
      for (let kill = 0; kill < kills; kill += 1) {
        await scenario.redis.kill()
        noticed.push(await untilSaid(scenario.nodes, names('bus')))
        await scenario.redis.restart()
        recovered.push(await untilSaid(scenario.nodes, isFine))
        await pause(scenario.random(1_000))
      }
      return report(noticed, recovered)
    })
  },
}

/** Fault 4: connections stay open, but nothing passes. */
export const swallowedRedis: Fault = {
  number: 4,
  name: 'Redis black-holed',
  run(form, seed, postgres) {
    const times = form === 'short' ? 1 : 10
    return perform({ ...BURST, seed, postgres }, async (scenario) => {
      const noticed: number[] = []
      const recovered: number[] = []
      for (let time = 0; time < times; time += 1) {
        scenario.redisProxy.swallow()
        noticed.push(await untilSaid(scenario.nodes, names('bus')))
        await pause(1_000)
        const said = await Promise.all(scenario.nodes.map(({ node }) => askReady(node.url)))
        if (!said.every(names('bus'))) scenario.fail('/ready did not name the bus while nothing passed.')
        scenario.redisProxy.heal()
        recovered.push(await untilSaid(scenario.nodes, isFine))
      }
      return report(noticed, recovered)
    })
  },
}

/** With the bus an entry arrives at once; without it, when a node next polls the database. */
const ARRIVE_WITHIN_MS = 5_000
/** Margin for a busy machine. */
const TOLERANCE_MS = { short: 2_000, long: 500 } as const

/** Fault 24: nodes stay ready, commands are accepted, and entries arrive on the other node. */
export const absentRedis: Fault = {
  number: 24,
  name: 'Redis away for a minute',
  async run(form, seed, postgres) {
    const awayMs = form === 'short' ? 8_000 : 60_000
    const outcome = await perform({ ...BURST, seed, postgres }, async (scenario) => {
      const before = await countAccepted(scenario.nodes)
      const watch = watchReadiness(scenario.nodes, 'bus')
      await scenario.redis.kill()
      await pause(awayMs)
      const { notReady, namedAfterMs } = await watch.stop()
      const accepted = (await countAccepted(scenario.nodes)) - before
      await scenario.redis.restart()
      const recoveredMs = await untilSaid(scenario.nodes, isFine)
      if (notReady > 0) scenario.fail(`/ready took a node out of service ${notReady} times.`)
      if (namedAfterMs === undefined) scenario.fail('/ready of some node never named the bus.')
      if (accepted === 0) scenario.fail('No command was accepted without Redis.')
      return {
        away: `${awayMs} ms`,
        'answers of /ready other than 200': `${notReady}`,
        'time until /ready names the bus, at most': `${namedAfterMs ?? 'never'} ms`,
        'commands accepted meanwhile': `${accepted}`,
        'time to recover': `${recoveredMs} ms`,
      }
    })
    const latestMs = outcome.result.delayMs?.max ?? 0
    if (latestMs <= ARRIVE_WITHIN_MS + TOLERANCE_MS[form]) return outcome
    return { ...outcome, broken: [...outcome.broken, `An entry arrived after ${Math.round(latestMs)} ms.`] }
  },
}

async function countAccepted(nodes: readonly RestartingNode[]): Promise<number> {
  const scrapes = await Promise.all(nodes.map(({ node }) => scrape(node.url)))
  return scrapes.reduce((sum, { value }) => sum + value('rostrum_commands_total{outcome="accepted"}'), 0)
}

/** Fault 5: an immediate shutdown, after which PostgreSQL recovers from its write-ahead log. */
export const killedPostgres: Fault = {
  number: 5,
  name: 'PostgreSQL killed (immediate) and restarted during bids',
  run(form, seed, postgres) {
    const kills = form === 'short' ? 1 : 10
    return perform({ ...BURST, seed, postgres }, async (scenario) => {
      let longestMs = 0
      for (let kill = 0; kill < kills; kill += 1) {
        await pause(500 + scenario.random(1_000))
        const killedAt = Date.now()
        await postgres.killImmediate()
        await pause(scenario.random(2_000))
        await postgres.restart()
        await untilSaid(scenario.nodes, isReady)
        longestMs = Math.max(longestMs, Date.now() - killedAt)
      }
      await pause(500)
      return { 'longest window of errors': `${longestMs} ms` }
    })
  },
}
