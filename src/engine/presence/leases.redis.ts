import type { Call, Script, Store } from '../../platform/redis/store.redis.ts'
import { asUserId, type UserId } from '../kernel/id.ts'
import type { Channel } from './channels.ts'
import { MEMBER_LIMIT, type MemberList, NOTIFY_EVERY_MS } from './registry.ts'
import { CHANNELS_OF, CLEAR, END, MEMBERS, METADATA_OF, RENEW, WRITE } from './scripts.redis.ts'

/** One node's new metadata for a user; undefined removes it. */
export interface Change {
  readonly user: UserId
  readonly meta: string | undefined
}

/** Other nodes' metadata for users who are new to this node. */
export interface Shared {
  readonly channel: Channel
  readonly metadata: ReadonlyMap<UserId, readonly string[]>
}

/** The members of a channel, and the part that other nodes contribute. */
export interface DividedMembers {
  readonly members: MemberList
  readonly others: MemberList
}

export interface LeasesOptions {
  readonly store: Store
  /** This node. */
  readonly node: string
  /** Prefix of every key and bus channel. */
  readonly prefix: string
  /** How long metadata outlives a node that no longer renews its lease. */
  readonly leaseMs: number
}

/** How long a node may spend cleaning up a dead lease before another node takes over. */
const CLAIM_MS = 5_000
/** Bounds a script to a few milliseconds, because Redis does nothing else meanwhile. */
const CHUNK = 1_000
/** Scripts sent together: a batch that Redis runs in well under a second. */
const AT_ONCE = 100

/**
 * Reads and writes of metadata in Redis under leases. The metadata of a lease ends with it, so that nothing of a node is
 * left, whatever happened to it. All methods reject while Redis is unavailable.
 */
export interface Leases {
  /** Begins a new lease for this node. */
  begin(): Promise<string>
  /** Returns expired leases of any node for this one to clean up. Undefined if `lease` itself has expired. */
  renew(lease: string): Promise<readonly string[] | undefined>
  /** Undefined if the lease has expired. */
  write(
    lease: string,
    changes: ReadonlyMap<Channel, readonly Change[]>,
  ): Promise<readonly Shared[] | undefined>
  /** Expires the lease at once. */
  end(lease: string): Promise<void>
  /** Removes the metadata of an expired lease. Safe to run on several nodes at once. */
  clear(lease: string): Promise<void>
  /** Lets the lease expire after `afterMs`. */
  leave(lease: string, afterMs: number): Promise<void>
  members(channel: Channel): Promise<DividedMembers>
  count(channel: Channel): Promise<number>
  metadataOf(channel: Channel, users: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly string[]>>
}

export function createLeases({ store, node, prefix, leaseMs }: LeasesOptions): Leases {
  const keys = [`${prefix}{presence}:`]
  const call = (script: Script, ...args: readonly (string | number)[]): Call => ({ script, keys, args })
  /** Must match the names that the bus uses. */
  const busChannelOf = (channel: string): string => prefix + channel
  let begun = 0

  async function runOne(one: Call): Promise<readonly string[]> {
    const [answer] = await store.run([one])
    return answer ?? []
  }

  async function clearChannels(lease: string, channels: readonly string[]): Promise<void> {
    let left = channels.map((channel) => ({ channel, from: '0' }))
    while (left.length > 0) {
      const answers = await store.run(
        left.map(({ channel, from }) =>
          call(CLEAR, lease, channel, busChannelOf(channel), NOTIFY_EVERY_MS, from, CHUNK),
        ),
      )
      left = left.flatMap(({ channel }, index) => {
        const from = answers[index]?.[0] ?? '0'
        return from === '0' ? [] : [{ channel, from }]
      })
    }
  }

  return {
    async begin() {
      begun += 1
      const lease = `${node}.${begun}`
      await runOne(call(RENEW, lease, leaseMs, CLAIM_MS, 'begin'))
      return lease
    },

    async renew(lease) {
      const [kept, ...dead] = await runOne(call(RENEW, lease, leaseMs, CLAIM_MS, 'renew'))
      return kept === 'kept' ? dead : undefined
    },

    async write(lease, changes) {
      const writes = [...changes].flatMap(([channel, all]) =>
        chunks(all, CHUNK).map((some) => ({
          channel,
          args: [
            channel,
            busChannelOf(channel),
            NOTIFY_EVERY_MS,
            ...some.flatMap(({ user, meta = '' }) => [user, meta]),
          ],
        })),
      )
      const shared: Shared[] = []
      for (const some of chunks(writes, AT_ONCE)) {
        const answers = await store.run(some.map(({ args }) => call(WRITE, lease, ...args)))
        if (answers.some(([kept]) => kept === 'lost')) return undefined
        for (const [index, { channel }] of some.entries()) {
          shared.push({ channel, metadata: metadataIn(answers[index]?.slice(1) ?? []) })
        }
      }
      return shared
    },

    async end(lease) {
      await runOne(call(END, lease, 'dead', CLAIM_MS))
    },

    async clear(lease) {
      for (;;) {
        const channels = await runOne(call(CHANNELS_OF, lease))
        if (channels.length === 0) return
        for (const some of chunks(channels, AT_ONCE)) await clearChannels(lease, some)
      }
    },

    async leave(lease, afterMs) {
      await runOne(call(END, lease, 'leaving', afterMs))
    },

    async members(channel) {
      return membersIn(await runOne(call(MEMBERS, channel, MEMBER_LIMIT)), `${node}.`)
    },

    async count(channel) {
      const [count] = await runOne(call(MEMBERS, channel, -1))
      return Number(count)
    },

    async metadataOf(channel, users) {
      const calls = chunks(users, CHUNK).map((some) => call(METADATA_OF, channel, ...some))
      return metadataIn((await store.run(calls)).flat())
    },
  }
}

/** `answer` alternates users and metadata. */
function metadataIn(answer: readonly string[]): Map<UserId, readonly string[]> {
  const metadata = new Map<UserId, readonly string[]>()
  for (let at = 0; at + 1 < answer.length; at += 2) {
    const user = asUserId(answer[at] ?? '')
    metadata.set(user, [...(metadata.get(user) ?? []), answer[at + 1] ?? ''])
  }
  return metadata
}

/** Names of this node's leases start with `ownPrefix`. */
function membersIn(answer: readonly string[], ownPrefix: string): DividedMembers {
  const count = Number(answer[0])
  const all: string[] = []
  const others: string[] = []
  for (let at = 1; at < answer.length; ) {
    const end = at + 2 + 2 * Number(answer[at + 1])
    const metadata = answer.slice(at + 2, end)
    all.push(...metadata)
    if (!answer[at]?.startsWith(ownPrefix)) others.push(...metadata)
    at = end
  }
  const metadata = metadataIn(all)
  const ofOthers = metadataIn(others)
  const isComplete = metadata.size === count
  return {
    members: { count, metadata },
    others: { count: isComplete ? ofOthers.size : count, metadata: ofOthers },
  }
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const made: (readonly Item[])[] = []
  for (let at = 0; at < items.length; at += size) made.push(items.slice(at, at + size))
  return made
}
