import { instant } from '../engine/kernel/instant.ts'
import { callEach, warnOfFault } from '../engine/kernel/listeners.ts'
import type { Topic } from '../engine/kernel/topic.ts'
import type { Bus } from './bus.ts'

export interface MemoryBusOptions {
  /** Called with the error of a listener that threw; the other listeners are still called. Default: a process warning. */
  readonly onFault?: (fault: unknown) => void
}

type Listener = (message: string) => void

/** A bus within this process. Always up and lossless, so `onRecovered` never fires. */
export function createMemoryBus({ onFault = warnOfFault }: MemoryBusOptions = {}): Bus {
  const topics = new Map<Topic, Set<Listener>>()
  let closedAt: ReturnType<typeof instant> | undefined

  function refuseWhenClosed(): void {
    if (closedAt !== undefined) throw new Error('The bus is unavailable: closed')
  }

  return {
    async publish(topic, message) {
      refuseWhenClosed()
      // Microtasks run in order, and keep listeners out of the publisher's stack as a real bus would.
      queueMicrotask(() => callEach(topics.get(topic) ?? [], (listener) => listener(message), onFault))
    },

    async subscribe(topic, listener) {
      refuseWhenClosed()
      const listeners = topics.get(topic) ?? new Set()
      topics.set(topic, listeners)
      const own: Listener = (message) => listener(message)
      listeners.add(own)
      return () => {
        listeners.delete(own)
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic)
      }
    },

    onRecovered: () => () => {},

    status() {
      if (closedAt !== undefined) return { kind: 'down', since: closedAt, message: 'closed' }
      return { kind: 'up', lastProbeAt: instant(Date.now()) }
    },

    async close() {
      closedAt ??= instant(Date.now())
      for (const listeners of topics.values()) listeners.clear()
      topics.clear()
    },
  }
}
