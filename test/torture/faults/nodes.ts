import { setTimeout as pause } from 'node:timers/promises'
import type { RestartingNode } from '../../support/restarting-node.ts'
import type { Fault } from '../fault.ts'
import { perform } from '../scenario.ts'

const BURST = { nodes: 3, rooms: 3, watchersEach: 4, publishers: 8 }

/** Fault 1: random nodes crash repeatedly, at times determined by the seed. */
export const killedNodes: Fault = {
  number: 1,
  name: '`kill -9` of a node, at random moments',
  run(form, seed, postgres) {
    const kills = form === 'short' ? 3 : 50
    return perform({ ...BURST, seed, postgres }, async ({ nodes, random }) => {
      let longestMs = 0
      for (let kill = 0; kill < kills; kill += 1) {
        await pause(100 + random(900))
        const killedAt = Date.now()
        await nodes[random(nodes.length)]?.crash()
        longestMs = Math.max(longestMs, Date.now() - killedAt)
      }
      return { kills: `${kills}`, 'longest absence of a node': `${longestMs} ms` }
    })
  },
}

/** Fault 2: a node dies after committing a batch, before announcing it. */
export const diedBeforeTelling: Fault = {
  number: 2,
  name: 'death between commit and publish',
  run(form, seed, postgres) {
    const injected = { deathsPerMille: 8 }
    const wanted = form === 'short' ? 2 : 25
    return perform({ ...BURST, seed, postgres, injected }, async ({ nodes }) => {
      nodes.forEach(makeMortal)
      let deaths = 0
      while (deaths < wanted) {
        await Promise.race(nodes.map(({ node }) => node.exited))
        deaths += 1
        await Promise.all(nodes.map((node) => node.revive()))
        nodes.forEach(makeMortal)
      }
      return { deaths: `${deaths}` }
    })
  },
}

/** Only once everything is prepared. */
function makeMortal({ node }: RestartingNode): void {
  try {
    process.kill(node.pid, 'SIGUSR2')
  } catch {
    // The node has just died.
  }
}

/** Fault 11: a rolling restart of all nodes. */
export const rollingRestart: Fault = {
  number: 11,
  name: 'rolling restart of all nodes',
  run(form, seed, postgres) {
    const rounds = form === 'short' ? 1 : 5
    return perform({ ...BURST, seed, postgres }, async ({ nodes, watchers }) => {
      const before = await watchers<number>({ kind: 'connections' })
      const beganAt = Date.now()
      for (let round = 0; round < rounds; round += 1) {
        for (const node of nodes) {
          await node.node.stop()
          await node.revive()
        }
      }
      const reconnects = (await watchers<number>({ kind: 'connections' })) - before
      const seconds = (Date.now() - beganAt) / 1000
      return { reconnects: `${reconnects}, ${(reconnects / seconds).toFixed(1)} a second` }
    })
  },
}
