import type { History } from '../../src/engine/history/history.ts'
import type { Collaborators } from '../../src/node.ts'
import { readConfig } from '../../src/platform/config/config.ts'
import { environment } from '../../src/platform/config/environment.ts'
import { createLogger } from '../../src/platform/logging/logger.ts'
import { createRandom } from '../support/random.ts'
import { setClockForward } from './clock.ts'
import { createGaplessHistory, dyingToAnnounce, withoutKeys, withoutReplay } from './faulty-parts.ts'

/** The faults of a node: each wraps one of its collaborators. */
export interface InjectedFaults {
  readonly withoutGapCheck?: boolean
  readonly withoutReplay?: boolean
  readonly withoutKeys?: boolean
  /**
   * Per mille of announcements after which the process dies, once committed and before notifying anyone: from SIGUSR2
   * on.
   */
  readonly deathsPerMille?: number
  /** How far this node's clock is ahead. */
  readonly clockSkewMs?: number
  readonly seed?: number
}

/** The variable that carries `InjectedFaults`, as JSON. */
const FAULTS = 'INJECTED_FAULTS'

const variables = environment()
const faults: InjectedFaults = JSON.parse(variables[FAULTS] ?? '{}')
setClockForward(faults.clockSkewMs ?? 0)
// Imported only now, so that no code has seen the real time.
const { startNode } = await import('../../src/node.ts')
const read = readConfig(variables)
if (read.kind === 'invalid') throw new Error(read.problems.join('\n'))
const app = await startNode(read.config, createLogger(read.config.log), {
  collaborators: faultyCollaborators(faults),
})
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))

function faultyCollaborators(given: InjectedFaults): Collaborators {
  const gapless = given.withoutGapCheck ? createGaplessHistory() : undefined
  const isDeathDue = createDeaths(given)
  let history: History | undefined
  return {
    wrapBus: (bus) => dyingToAnnounce(gapless?.wrapBus(bus) ?? bus, isDeathDue),
    wrapHistory(sound) {
      history = sound
      return gapless?.wrapHistory(sound) ?? sound
    },
    wrapHub: (hub) => (given.withoutReplay && history !== undefined ? withoutReplay(hub, history) : hub),
    wrapDispatch: (dispatch) => (given.withoutKeys ? withoutKeys(dispatch) : dispatch),
  }
}

function createDeaths({ deathsPerMille = 0, seed = 0 }: InjectedFaults): () => boolean {
  const random = createRandom(seed + process.pid)
  let isMortal = false
  process.on('SIGUSR2', () => {
    isMortal = true
  })
  return () => isMortal && random(1000) < deathsPerMille
}
