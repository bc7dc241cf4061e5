import type { Place } from '../kernel/place.ts'
import { Followed } from './followed.ts'
import type { Registry } from './registry.ts'
import { createTags } from './tags.ts'

/** A registry of this process alone. */
export function createMemoryRegistry(): Registry {
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
      const followed = places.get(place) ?? new Followed(async () => own.roll(place))
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
