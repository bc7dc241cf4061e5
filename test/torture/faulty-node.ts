import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { environment } from '../../src/config/environment.ts'
import { createLogger } from '../../src/logging/logger.ts'
import { createRandom } from '../support/random.ts'

/** What is wrong with a node: see `Sabotage` in app.ts, which `npm start` can't be given. */
export interface Ailment {
  readonly withoutGapCheck?: boolean
  readonly withoutReplay?: boolean
  readonly withoutKeys?: boolean
  /** Of a thousand batches so many end the process after their commit, before anybody is told. */
  readonly deathsPerMille?: number
  readonly seed?: number
}

const given = environment()
const ailment = JSON.parse(given['AILMENT'] ?? '{}') as Ailment
const read = readConfig(given)
if (read.kind === 'invalid') throw new Error(read.problems.join('\n'))
const random = createRandom((ailment.seed ?? 0) + process.pid)
const { deathsPerMille = 0 } = ailment
const app = await startApp(read.config, createLogger(read.config.log), undefined, {
  ...ailment,
  afterCommit() {
    if (random(1000) < deathsPerMille) process.kill(process.pid, 'SIGKILL')
  },
})
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
