import { instant } from '../../../src/engine/kernel/instant.ts'
import type { Bus, BusStatus } from '../../../src/pubsub/bus.ts'

/** A bus that delivers on demand, and may be unavailable. */
export interface FakeBus extends Bus {
  /** Hands `message` to every listener, now. */
  deliver(message: string): void
  /** From now on subscribing fails, and nothing is heard. */
  fail(): void
  recover(): void
  readonly listenerCount: number
}

export function createFakeBus(): FakeBus {
  const listeners = new Set<(message: string) => void>()
  const recoveries = new Set<() => void>()
  let status: BusStatus = { kind: 'up', lastProbeAt: instant(0) }
  return {
    deliver(message) {
      if (status.kind === 'up') for (const listener of [...listeners]) listener(message)
    },
    fail() {
      status = { kind: 'down', since: instant(0), message: 'told to' }
    },
    recover() {
      status = { kind: 'up', lastProbeAt: instant(0) }
      for (const listener of recoveries) listener()
    },
    get listenerCount() {
      return listeners.size
    },
    publish: async () => {},
    async subscribe(_topic, listener) {
      if (status.kind === 'down') throw new Error('away')
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onRecovered(listener) {
      recoveries.add(listener)
      return () => recoveries.delete(listener)
    },
    status: () => status,
    close: async () => {},
  }
}
