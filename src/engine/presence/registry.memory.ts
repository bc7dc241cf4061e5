import { warnOfFault } from '../kernel/listeners.ts'
import { createTags } from './metadata.ts'
import type { Registry } from './registry.ts'
import type { Place } from './scope.ts'
import { Followed } from './watched-scopes.ts'

export interface MemoryRegistryOptions {
  /** Gets what a listener threw. The others were told all the same. Absent: the process warns. */
  readonly onFault?: (fault: unknown) => void
}

/** A registry of this process alone. */
export function createMemoryRegistry({ onFault = warnOfFault }: MemoryRegistryOptions = {}): Registry {
  const own = createTags()
  const places = new Map<Place, Followed>()

  return {
    tag(place, user, tag) {
      if (own.set(place, user, tag)) places.get(place)?.touch()
    },
    async roll(place) {
      return places.get(place)?.roll() ?? own.roll(place)
    },
    follow(place, onChange) {
      const followed = places.get(place) ?? new Followed(async () => own.roll(place), onFault)
      places.set(place, followed)
      const stop = followed.add(onChange)
      return () => {
        stop()
        if (!followed.isFollowed && places.get(place) === followed) places.delete(place)
      }
    },
    count: async (place) => own.count(place),
    tagsOf: async (place, users) => own.of(place, users),
    onShared() {},
    async close() {
      for (const followed of places.values()) followed.close()
      places.clear()
    },
  }
}
