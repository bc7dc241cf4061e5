import { setTimeout as pause } from 'node:timers/promises'
import type { TestNode } from '../../support/node.ts'
import { scrape } from '../../support/scrape.ts'
import type { Fault } from '../fault.ts'
import { performEmbedded } from '../scenario.ts'

const BURST = { rooms: 2, watchersEach: 4, publishers: 8, pauseMs: 10 }
const LOOK_MS = 20
const PATIENCE_MS = 60_000

/**
 * Fault 18: kills the only node, which contains the database, each time after it has accepted some commands and while
 * others are in flight.
 */
export const killedAlone: Fault = {
  number: 18,
  name: 'embedded mode: `kill -9` mid-burst',
  run(form, seed) {
    const kills = form === 'short' ? 3 : 25
    return performEmbedded({ ...BURST, seed }, async ({ nodes: [alone], random }) => {
      let longestMs = 0
      for (let kill = 0; kill < kills; kill += 1) {
        if (alone === undefined) throw new RangeError('a scenario has a node')
        await untilAccepted(alone.node, 5 + random(40))
        const killedAt = Date.now()
        await alone.crash()
        longestMs = Math.max(longestMs, Date.now() - killedAt)
      }
      return { kills: `${kills}`, 'longest absence': `${longestMs} ms` }
    })
  },
}

/** Resolves when `node` has accepted this many commands since it started. */
async function untilAccepted({ url }: TestNode, count: number): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while ((await scrape(url)).value('rostrum_commands_total{outcome="accepted"}') < count) {
    if (Date.now() > end) throw new Error(`fewer than ${count} commands were accepted`)
    await pause(LOOK_MS)
  }
}
