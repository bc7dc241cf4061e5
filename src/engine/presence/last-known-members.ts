import type { Channel } from './channels.ts'
import { MEMBER_LIMIT, type MemberList } from './registry.ts'

export const NO_MEMBERS: MemberList = { count: 0, metadata: new Map() }

/** The last known members of other nodes in each watched channel. They stay valid for a while after Redis is lost. */
export class LastKnownMembers {
  readonly #members = new Map<Channel, MemberList>()
  #validUntil = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** Called when Redis is lost: what is known stays valid for `ms` from now. Calls `onExpired` afterwards. */
  keepFor(ms: number, onExpired: () => void): void {
    this.#validUntil = performance.now() + ms
    clearTimeout(this.#timer)
    this.#timer = setTimeout(onExpired, ms + 1).unref()
  }

  /** Whether the last known members stand in for what Redis does not have yet. */
  get isValid(): boolean {
    return performance.now() < this.#validUntil
  }

  of(channel: Channel): MemberList {
    return this.#members.get(channel) ?? NO_MEMBERS
  }

  set(channel: Channel, members: MemberList | undefined): void {
    this.#members.set(channel, members ?? NO_MEMBERS)
  }

  delete(channel: Channel): void {
    this.#members.delete(channel)
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}

/** `current`, plus the members of `lastKnown` that are not in it. */
export function mergeMembers(
  current: MemberList = NO_MEMBERS,
  lastKnown: MemberList = NO_MEMBERS,
): MemberList {
  const metadata = new Map([...lastKnown.metadata, ...current.metadata])
  const isComplete =
    current.metadata.size === current.count &&
    lastKnown.metadata.size === lastKnown.count &&
    metadata.size <= MEMBER_LIMIT
  if (isComplete) return { count: metadata.size, metadata }
  return { count: Math.max(current.count, lastKnown.count, metadata.size), metadata: new Map() }
}
