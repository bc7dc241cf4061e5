import type { UserId } from '../kernel/id.ts'
import { ROLL_LIMIT, type Roll } from './registry.ts'
import type { Place } from './scope.ts'

/** The tags of this node alone. */
export interface Tags {
  /** Whether that changed anything; null takes the tag away. */
  set(place: Place, user: UserId, tag: string | null): boolean
  get(place: Place, user: UserId): string | undefined
  count(place: Place): number
  /** The users of each place that has any. */
  all(): Iterable<readonly [Place, Iterable<UserId>]>
  roll(place: Place): Roll
  of(place: Place, users: readonly UserId[]): ReadonlyMap<UserId, readonly string[]>
}

export function createTags(): Tags {
  const places = new Map<Place, Map<UserId, string>>()

  function get(place: Place, user: UserId): string | undefined {
    return places.get(place)?.get(user)
  }

  function of(place: Place, users: Iterable<UserId>): ReadonlyMap<UserId, readonly string[]> {
    const found = new Map<UserId, readonly string[]>()
    for (const user of users) {
      const tag = get(place, user)
      if (tag !== undefined) found.set(user, [tag])
    }
    return found
  }

  return {
    get,
    of,

    set(place, user, tag) {
      if ((get(place, user) ?? null) === tag) return false
      const users = places.get(place) ?? new Map()
      if (tag === null) users.delete(user)
      else users.set(user, tag)
      if (users.size === 0) places.delete(place)
      else places.set(place, users)
      return true
    },

    count: (place) => places.get(place)?.size ?? 0,

    *all() {
      for (const [place, users] of places) yield [place, users.keys()]
    },

    roll(place) {
      const users = places.get(place) ?? new Map<UserId, string>()
      return { count: users.size, tags: users.size > ROLL_LIMIT ? new Map() : of(place, users.keys()) }
    },
  }
}
