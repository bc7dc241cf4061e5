import type { UserId } from '../kernel/id.ts'
import type { Channel } from './channels.ts'
import { MEMBER_LIMIT, type MemberList } from './registry.ts'

/** The metadata that this node alone has set. */
export interface LocalMetadata {
  /** Returns whether anything changed. Null removes the metadata. */
  set(channel: Channel, user: UserId, meta: string | null): boolean
  get(channel: Channel, user: UserId): string | undefined
  count(channel: Channel): number
  /** The users of each channel that has any. */
  all(): Iterable<readonly [Channel, Iterable<UserId>]>
  members(channel: Channel): MemberList
  of(channel: Channel, users: readonly UserId[]): ReadonlyMap<UserId, readonly string[]>
}

export function createLocalMetadata(): LocalMetadata {
  const channels = new Map<Channel, Map<UserId, string>>()

  function get(channel: Channel, user: UserId): string | undefined {
    return channels.get(channel)?.get(user)
  }

  function of(channel: Channel, users: Iterable<UserId>): ReadonlyMap<UserId, readonly string[]> {
    const found = new Map<UserId, readonly string[]>()
    for (const user of users) {
      const meta = get(channel, user)
      if (meta !== undefined) found.set(user, [meta])
    }
    return found
  }

  return {
    get,
    of,

    set(channel, user, meta) {
      if ((get(channel, user) ?? null) === meta) return false
      const users = channels.get(channel) ?? new Map()
      if (meta === null) users.delete(user)
      else users.set(user, meta)
      if (users.size === 0) channels.delete(channel)
      else channels.set(channel, users)
      return true
    },

    count: (channel) => channels.get(channel)?.size ?? 0,

    *all() {
      for (const [channel, users] of channels) yield [channel, users.keys()]
    },

    members(channel) {
      const users = channels.get(channel) ?? new Map<UserId, string>()
      const metadata = users.size > MEMBER_LIMIT ? new Map() : of(channel, users.keys())
      return { count: users.size, metadata }
    },
  }
}
