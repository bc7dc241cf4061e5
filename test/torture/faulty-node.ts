import { readConfig } from '../../src/platform/config/config.ts'
import { environment } from '../../src/platform/config/environment.ts'
import { createLogger } from '../../src/platform/logging/logger.ts'
import { createRandom } from '../support/random.ts'
import { setClockForward } from './clock.ts'

/** What is wrong with a node: see `Sabotage` in app.ts, which `npm start` can't be given. */
export interface Ailment {
  readonly withoutGapCheck?: boolean
  readonly withoutReplay?: boolean
  readonly withoutKeys?: boolean
  /** Of a thousand batches so many end the process after their commit, before anybody is told: from SIGUSR2 on. */
  readonly deathsPerMille?: number
  /** How much later it is by this node's clock than it is. */
  readonly clockSkewMs?: number
  readonly seed?: number
}

const given = environment()
const ailment = JSON.parse(given['AILMENT'] ?? '{}') as Ailment
setClockForward(ailment.clockSkewMs ?? 0)
// Only now, so that nothing of it has seen the right time.
const { startApp } = await import('../../src/node.ts')
const read = readConfig(given)
if (read.kind === 'invalid') throw new Error(read.problems.join('\n'))
const random = createRandom((ailment.seed ?? 0) + process.pid)
const { deathsPerMille = 0 } = ailment
let isMortal = false
process.on('SIGUSR2', () => {
  isMortal = true
})
const app = await startApp(read.config, createLogger(read.config.log), undefined, {
  ...ailment,
  afterCommit() {
    if (isMortal && random(1000) < deathsPerMille) process.kill(process.pid, 'SIGKILL')
  },
})
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
