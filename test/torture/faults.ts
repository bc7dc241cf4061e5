import type { Fault } from './fault.ts'
import { churn } from './faults/churn.ts'
import { everyoneDropped, flappingClients } from './faults/clients.ts'
import { killedAlone } from './faults/embedded.ts'
import { promotedReplica } from './faults/failover.ts'
import { awayTooLong, delayedCommits, repeatedKeys } from './faults/history.ts'
import { hostileVisitor } from './faults/hostile.ts'
import { diedBeforeTelling, killedNodes, rollingRestart } from './faults/nodes.ts'
import { noise } from './faults/noise.ts'
import { overload } from './faults/overload.ts'
import { absentRedis, killedPostgres, restartedRedis, swallowedRedis } from './faults/parts.ts'
import { readOnlyDatabase } from './faults/read-only.ts'
import { restoredDatabase } from './faults/restore.ts'
import { reusedIds } from './faults/reuse.ts'
import { endedRights, stoppedNode } from './faults/rights.ts'
import { silentDatabase } from './faults/silence.ts'
import { stoppedReaders } from './faults/slow.ts'
import { endsWhileAway } from './faults/time.ts'
import { twoProcesses } from './faults/two-processes.ts'
import { unreadableEntries } from './faults/unreadable.ts'

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
  stoppedReaders,
  repeatedKeys,
  rollingRestart,
  everyoneDropped,
  stoppedNode,
  endedRights,
  endsWhileAway,
  noise,
  churn,
  killedAlone,
  promotedReplica,
  restoredDatabase,
  silentDatabase,
  readOnlyDatabase,
  absentRedis,
  twoProcesses,
  reusedIds,
  hostileVisitor,
  overload,
  unreadableEntries,
]
