import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { perform } from '../scenario.ts'
import { countTransactions } from '../work.ts'

const BURST = { nodes: 2, rooms: 3, watchersEach: 6, publishers: 6 }

/** Fault 7: connections are cut before their first payload, during the burst, and when everything is idle. */
export const flappingClients: Fault = {
  number: 7,
  name: 'clients flap every 0.1 to 5 s',
  run(form, seed, postgres) {
    const flapMs = form === 'short' ? 5_000 : 120_000
    return perform({ ...BURST, seed, postgres }, async ({ watchers, settle }) => {
      const before = await watchers<number>({ kind: 'connections' })
      // Immediately: a second cut hits connections without a payload.
      for (let cut = 0; cut < 5; cut += 1) {
        await watchers({ kind: 'cut' })
        await pause(cut * 10)
      }
      await watchers({ kind: 'flap', minMs: 100, maxMs: form === 'short' ? 1_000 : 5_000 })
      await pause(flapMs)
      await settle()
      await pause(flapMs / 2)
      await watchers({ kind: 'calm' })
      const connections = (await watchers<number>({ kind: 'connections' })) - before
      return { reconnects: `${connections}` }
    })
  },
}

/** Fault 12: all clients lose their connections at one moment. */
export const everyoneDropped: Fault = {
  number: 12,
  name: 'every client dropped at once',
  run(form, seed, postgres) {
    const each = form === 'short' ? 10 : 100
    const drops = form === 'short' ? 2 : 10
    const setting = { ...BURST, watchersEach: each, seed, postgres }
    return perform(setting, async ({ watchers, places, databaseUrl }) => {
      let longestMs = 0
      const before = await countTransactions(databaseUrl)
      const beganAt = Date.now()
      for (let drop = 0; drop < drops; drop += 1) {
        await watchers({ kind: 'cut' })
        longestMs = Math.max(longestMs, await watchers<number>({ kind: 'restored', percent: 99 }))
      }
      const transactions = (await countTransactions(databaseUrl)) - before
      const perSecond = (transactions * 1000) / (Date.now() - beganAt)
      return {
        clients: `${each * places.topics.length}, dropped ${drops} times`,
        '99 % had something new after at most': `${longestMs} ms`,
        'database transactions a second meanwhile': perSecond.toFixed(0),
      }
    })
  },
}
