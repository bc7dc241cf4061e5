import { type PeriodArgs, periodOf } from '../engine/hub/plan-context.ts'
import type { PulsePlan } from '../engine/hub/source.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import { type Capability, capabilitiesOf } from './capabilities.ts'
import type { CallContext } from './context.ts'

export interface ServerInfo {
  readonly version: string
  readonly time: Instant
  readonly node: string
  readonly capabilities: readonly Capability[]
}

export function server({ services, viewer }: CallContext): ServerInfo {
  const { version, node } = services
  return { version, node, time: services.now(), capabilities: capabilitiesOf(viewer) }
}

const SERVER_TIME_PERIOD_MS = 1_000

export async function serverTimePlan(args: PeriodArgs, context: CallContext): Promise<PulsePlan> {
  const everyMs = periodOf(args, SERVER_TIME_PERIOD_MS)
  return { kind: 'pulse', everyMs, value: () => context.services.now() }
}
