import type { Fault } from './fault.ts'
import { everyoneDropped, flappingClients } from './faults/clients.ts'
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
  flappingClients,
  rollingRestart,
  everyoneDropped,
  stoppedNode,
  endedRights,
]
