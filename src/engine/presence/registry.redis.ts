import { createStore, RedisAway } from '../../platform/redis/store.redis.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { UserId } from '../kernel/id.ts'
import { Listeners } from '../kernel/listeners.ts'
import type { Channel } from './channels.ts'
import { LastKnownMembers, mergeMembers, NO_MEMBERS } from './last-known-members.ts'
import { type Change, createLeases, type DividedMembers } from './leases.redis.ts'
import { createLocalMetadata } from './metadata.ts'
import type { MemberList, Registry } from './registry.ts'
import { SCRIPTS } from './scripts.redis.ts'
import { BusWatchedChannel } from './watched-channels.redis.ts'
import { WriteSchedule } from './write-schedule.ts'

export interface RedisRegistryOptions {
  /** `redis://` or `rediss://`, with credentials where needed. Never logged. */
  readonly url: string
  /** Prefix of every key and bus channel; must equal that of `bus`. */
  readonly prefix: string
  /** Unique for each process. */
  readonly node: string
  /** Announces changes of channels. Must use the same Redis, because the scripts publish there. */
  readonly bus: Bus
  /** How long the metadata of a crashed node stays before the node is considered dead. */
  readonly leaseMs?: number
  readonly renewEveryMs?: number
  /**
   * Called with the reason when Redis becomes unavailable, again for each failed attempt, and with null once it is back
   * and has this node's metadata.
   */
  readonly onChange?: (problem: string | null) => void
  /** Called with errors of this code rather than of Redis. */
  readonly onFault?: (fault: unknown) => void
}

const LEASE_MS = 15_000
const RENEW_EVERY_MS = 3_000
/** How long the metadata of a node that shuts down stays, so that its users can reconnect to another node. */
const LEAVE_MS = 10_000

/**
 * A registry in Redis. This node's metadata lives under a lease that the node renews. Whatever happens to the lease or to
 * the connection, the node begins a new lease and writes everything again under it. Only then does it end the former
 * lease, so that no user appears to leave.
 *
 * | mode | `isUp` | `lease` | own metadata | members |
 * | --- | --- | --- | --- | --- |
 * | away | no | none | stays in memory | own metadata, and for one lease period the last known of other nodes |
 * | beginning | yes | none | all written under the next lease | from Redis, merged with own and last known |
 * | leased | yes | one | changes written in batches | from Redis, and for one lease period merged with last known |
 *
 * Redis answers: away → beginning. All metadata is written: beginning → leased. The lease has expired: leased →
 * beginning. Redis fails to answer: any → away.
 *
 * Resolves after the first attempt, successful or not: a node starts without Redis, too.
 */
export async function createRedisRegistry(options: RedisRegistryOptions): Promise<Registry> {
  const { url, prefix, node, bus, leaseMs = LEASE_MS, renewEveryMs = RENEW_EVERY_MS } = options
  const { onChange = () => {}, onFault = () => {} } = options
  const own = createLocalMetadata()
  const watchedChannels = new Map<Channel, BusWatchedChannel>()
  const others = new LastKnownMembers()
  const sharedListeners = new Listeners<
    (channel: Channel, user: UserId, metadata: readonly string[]) => void
  >(onFault)
  let isUp = false
  /** Users whose metadata is not written yet. */
  let changed = new Map<Channel, Set<UserId>>()
  /** This node's current lease: all own metadata is either written under it or in `changed`. */
  let lease: string | undefined
  /** Former leases of this node whose metadata may still be in Redis. */
  const former = new Set<string>()
  const writes = new WriteSchedule(() => enqueue(writeChanged))
  let isClosed = false
  const ready = Promise.withResolvers<void>()
  /** The tail of a queue: tasks run one at a time. */
  let work: Promise<void> = ready.promise

  const store = await createStore({ url, scripts: SCRIPTS, onUp: goUp, onDown: goDown })
  const leases = createLeases({ store, node, prefix, leaseMs })

  function enqueue(task: () => Promise<void>): Promise<void> {
    work = work.then(task).catch(giveUp)
    return work
  }

  /** Needs no retry: once Redis is back, a new lease begins and everything is written again. */
  function giveUp(fault: unknown): void {
    if (fault instanceof RedisAway) leaveRedis()
    else onFault(fault)
  }

  function goUp(): void {
    isUp = true
    void enqueue(begin)
  }

  function goDown(problem: string): void {
    onChange(problem)
    leaveRedis()
  }

  function leaveRedis(): void {
    if (!isUp) return
    isUp = false
    if (lease !== undefined) former.add(lease)
    lease = undefined
    others.keepFor(leaseMs, invalidateAll)
    invalidateAll()
  }

  function invalidateAll(): void {
    for (const watched of watchedChannels.values()) watched.invalidate()
  }

  async function begin(): Promise<void> {
    if (lease !== undefined) former.add(lease)
    lease = undefined
    const next = await leases.begin()
    former.add(next)
    changed = new Map([...own.all()].map(([channel, users]) => [channel, new Set(users)]))
    while (changed.size > 0) if (!(await write(next))) return begin()
    lease = next
    former.delete(next)
    onChange(null)
    invalidateAll()
    clearFormer().catch(giveUp)
  }

  async function clearFormer(): Promise<void> {
    for (const each of former) {
      await leases.end(each)
      await leases.clear(each)
      former.delete(each)
    }
  }

  /** Returns false if the lease has expired. */
  async function write(under: string): Promise<boolean> {
    const batch = changed
    changed = new Map()
    writes.started()
    const changes = new Map<Channel, readonly Change[]>()
    for (const [channel, users] of batch) {
      const all = [...users].map((user) => ({ user, meta: own.get(channel, user) }))
      changes.set(channel, all)
    }
    const shared = await leases.write(under, changes)
    for (const { channel, metadata } of shared ?? []) {
      for (const [user, each] of metadata) sharedListeners.tell((listener) => listener(channel, user, each))
    }
    return shared !== undefined
  }

  async function writeChanged(): Promise<void> {
    if (lease !== undefined && changed.size > 0 && !(await write(lease))) await begin()
  }

  /** Resolves when earlier changes in the channel are written, if they can be. */
  async function written(channel: Channel): Promise<void> {
    if (lease === undefined) return
    await (changed.has(channel) ? writes.next() : writes.last())
  }

  /** Asks Redis. Undefined while it is unavailable. */
  async function ask<Answer>(channel: Channel, request: () => Promise<Answer>): Promise<Answer | undefined> {
    await written(channel)
    if (!isUp) return undefined
    return request().catch((fault: unknown) => {
      giveUp(fault)
      return undefined
    })
  }

  async function read(channel: Channel): Promise<MemberList> {
    const answer: DividedMembers | undefined = await ask(channel, () => leases.members(channel))
    const members =
      lease === undefined
        ? mergeMembers(own.members(channel), answer?.members)
        : (answer?.members ?? NO_MEMBERS)
    if (others.isValid) return mergeMembers(members, others.of(channel))
    if (watchedChannels.has(channel)) others.set(channel, answer?.others)
    return members
  }

  const renewing = setInterval(() => {
    void enqueue(async () => {
      if (lease === undefined) return
      const dead = await leases.renew(lease)
      for (const each of dead ?? []) leases.clear(each).catch(giveUp)
      if (dead === undefined) await begin()
    })
  }, renewEveryMs)
  renewing.unref()
  const forgetRecovery = bus.onRecovered(() => {
    for (const watched of watchedChannels.values()) void watched.listen()
  })
  ready.resolve()
  await work

  return {
    setMeta(channel, user, meta) {
      if (!own.set(channel, user, meta)) return
      const users = changed.get(channel) ?? new Set()
      changed.set(channel, users.add(user))
      if (lease === undefined) watchedChannels.get(channel)?.invalidate()
      writes.schedule()
    },

    async members(channel) {
      const watched = watchedChannels.get(channel)
      if (changed.has(channel)) watched?.invalidate()
      return watched?.members() ?? read(channel)
    },

    watch(channel, onChange) {
      const known = watchedChannels.get(channel)
      const watched = known ?? new BusWatchedChannel(channel, bus, () => read(channel), onFault)
      watchedChannels.set(channel, watched)
      const stop = watched.add(onChange)
      if (known === undefined) void watched.listen()
      return () => {
        stop()
        if (watched.isWatched || watchedChannels.get(channel) !== watched) return
        watchedChannels.delete(channel)
        others.delete(channel)
      }
    },

    async count(channel) {
      return (await ask(channel, () => leases.count(channel))) ?? own.count(channel)
    },

    async metadataOf(channel, users) {
      return (await ask(channel, () => leases.metadataOf(channel, users))) ?? own.of(channel, users)
    },

    onShared(listener) {
      sharedListeners.add(listener)
    },

    async close() {
      if (isClosed) return
      isClosed = true
      clearInterval(renewing)
      others.close()
      writes.close()
      forgetRecovery()
      for (const watched of watchedChannels.values()) watched.close()
      watchedChannels.clear()
      await enqueue(async () => {
        await writeChanged()
        if (lease !== undefined) await leases.leave(lease, LEAVE_MS)
      })
      await store.close()
    },
  }
}
