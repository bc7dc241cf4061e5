import { warnOfFault } from '../kernel/listeners.ts'
import type { Channel } from './channels.ts'
import { createLocalMetadata } from './metadata.ts'
import type { Registry } from './registry.ts'
import { WatchedChannel } from './watched-channels.ts'

export interface MemoryRegistryOptions {
  /** Called with the error of a listener that threw; the other listeners are still called. Default: a process warning. */
  readonly onFault?: (fault: unknown) => void
}

/** A registry for a single process. */
export function createMemoryRegistry({ onFault = warnOfFault }: MemoryRegistryOptions = {}): Registry {
  const own = createLocalMetadata()
  const watchedChannels = new Map<Channel, WatchedChannel>()

  return {
    setMeta(channel, user, meta) {
      if (own.set(channel, user, meta)) watchedChannels.get(channel)?.invalidate()
    },
    async members(channel) {
      return watchedChannels.get(channel)?.members() ?? own.members(channel)
    },
    watch(channel, onChange) {
      const watched =
        watchedChannels.get(channel) ?? new WatchedChannel(async () => own.members(channel), onFault)
      watchedChannels.set(channel, watched)
      const stop = watched.add(onChange)
      return () => {
        stop()
        if (!watched.isWatched && watchedChannels.get(channel) === watched) watchedChannels.delete(channel)
      }
    },
    count: async (channel) => own.count(channel),
    metadataOf: async (channel, users) => own.of(channel, users),
    onShared() {},
    async close() {
      for (const watched of watchedChannels.values()) watched.close()
      watchedChannels.clear()
    },
  }
}
