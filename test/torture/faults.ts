import type { Fault } from './fault.ts'
import { everyoneDropped, flappingClients } from './faults/clients.ts'
import { killedAlone } from './faults/embedded.ts'
import { awayTooLong, delayedCommits, repeatedKeys } from './faults/history.ts'
import { diedBeforeTelling, killedNodes, rollingRestart } from './faults/nodes.ts'
import { killedPostgres, restartedRedis, swallowedRedis } from './faults/parts.ts'
import { endedRights, stoppedNode } from './faults/rights.ts'

/** By number. */
export const FAULTS: readonly Fault[] = [
  killedNodes,
  diedBeforeTelling,
  restartedRedis,
  swallowedRedis,
  killedPostgres,
  delayedCommits,
  flappingClients,
  awayTooLong,
  repeatedKeys,
  rollingRestart,
  everyoneDropped,
  stoppedNode,
  endedRights,
  killedAlone,
]
