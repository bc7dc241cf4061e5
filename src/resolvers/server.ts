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
