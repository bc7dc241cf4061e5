import { createStore, RedisAway } from '../../platform/redis/store.redis.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { UserId } from '../kernel/id.ts'
import { Listeners } from '../kernel/listeners.ts'
import { LastKnownRolls, mergeRolls, NOBODY } from './last-known-rolls.ts'
import { type Change, createLeases, type DividedRoll } from './leases.redis.ts'
import { createTags } from './metadata.ts'
import type { Registry, Roll } from './registry.ts'
import type { Place } from './scope.ts'
import { SCRIPTS } from './scripts.redis.ts'
import { FollowedByBus } from './watched-scopes.redis.ts'
import { WriteSchedule } from './write-schedule.ts'

export interface RedisRegistryOptions {
  /** `redis://` or `rediss://`, with credentials where needed. Never shown. */
  readonly url: string
  /** Stands before every key and channel: that of `bus`. */
  readonly prefix: string
  /** Another for each process. */
  readonly node: string
  /** Hears on the same Redis that a place has changed. */
  readonly bus: Bus
  /** How long the tags of a node that dies stay, until it is taken for dead. */
  readonly leaseMs?: number
  readonly renewEveryMs?: number
  /** Redis went away, with why, or is back and has taken what this node wrote: null. Said again at each attempt. */
  readonly onChange?: (problem: string | null) => void
  /** A fault of ours, and not of Redis. */
  readonly onFault?: (fault: unknown) => void
}

const LEASE_MS = 15_000
const RENEW_EVERY_MS = 3_000
/** How long the tags of a node that closes stay: its users need a moment to come to another. */
const LEAVE_MS = 10_000

/**
 * A registry in Redis. What this node has tagged lives under a lease that it renews. Whatever happens to the lease or to the
 * connection, a new lease begins, under which everything is written anew; only then the former one ends, so that no user
 * is seen to leave.
 *
 * | mode | `isUp` | `lease` | own tags | a roll is |
 * | --- | --- | --- | --- | --- |
 * | away | no | none | stay in memory | own tags, and for a lease's time what was last known of other nodes |
 * | beginning | yes | none | all are written under the next lease | what Redis has, with own tags and what was last known |
 * | leased | yes | one | changes are written, together | what Redis has, and for a lease's time what was last known |
 *
 * Redis answers: away → beginning. All tags are written: beginning → leased. The lease has run out: leased → beginning.
 * Redis fails to answer: any → away.
 *
 * Resolves when the first attempt is over: a node starts without Redis, too.
 */
export async function createRedisRegistry(options: RedisRegistryOptions): Promise<Registry> {
  const { url, prefix, node, bus, leaseMs = LEASE_MS, renewEveryMs = RENEW_EVERY_MS } = options
  const { onChange = () => {}, onFault = () => {} } = options
  const own = createTags()
  const places = new Map<Place, FollowedByBus>()
  const others = new LastKnownRolls()
  const sharedListeners = new Listeners<(place: Place, user: UserId, tags: readonly string[]) => void>(
    onFault,
  )
  let isUp = false
  /** Whose tag is not written yet. */
  let changed = new Map<Place, Set<UserId>>()
  /** Stands for this node: everything that is tagged here is written under it, or is in `changed`. */
  let lease: string | undefined
  /** Leases of this node whose tags may still be there. */
  const former = new Set<string>()
  const writes = new WriteSchedule(() => enqueue(writeChanged))
  let isClosed = false
  const ready = Promise.withResolvers<void>()
  /** One thing after another. */
  let work: Promise<void> = ready.promise

  const store = await createStore({ url, scripts: SCRIPTS, onUp: goUp, onDown: goDown })
  const leases = createLeases({ store, node, prefix, leaseMs })

  function enqueue(task: () => Promise<void>): Promise<void> {
    work = work.then(task).catch(giveUp)
    return work
  }

  /** What Redis failed to do is done when it is back: then everything begins anew. */
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
    others.countFor(leaseMs, touchAll)
    touchAll()
  }

  function touchAll(): void {
    for (const followed of places.values()) followed.touch()
  }

  async function begin(): Promise<void> {
    if (lease !== undefined) former.add(lease)
    lease = undefined
    const next = await leases.begin()
    former.add(next)
    changed = new Map([...own.all()].map(([place, users]) => [place, new Set(users)]))
    while (changed.size > 0) if (!(await write(next))) return begin()
    lease = next
    former.delete(next)
    onChange(null)
    touchAll()
    clearFormer().catch(giveUp)
  }

  async function clearFormer(): Promise<void> {
    for (const each of former) {
      await leases.end(each)
      await leases.clear(each)
      former.delete(each)
    }
  }

  /** False where the lease is over. */
  async function write(under: string): Promise<boolean> {
    const batch = changed
    changed = new Map()
    writes.started()
    const changes = new Map<Place, readonly Change[]>()
    for (const [place, users] of batch) {
      const all = [...users].map((user) => ({ user, tag: own.get(place, user) }))
      changes.set(place, all)
    }
    const shared = await leases.write(under, changes)
    for (const { place, tags } of shared ?? []) {
      for (const [user, each] of tags) sharedListeners.tell((listener) => listener(place, user, each))
    }
    return shared !== undefined
  }

  async function writeChanged(): Promise<void> {
    if (lease !== undefined && changed.size > 0 && !(await write(lease))) await begin()
  }

  /** Resolves when what was tagged there before is written, where it can be. */
  async function written(place: Place): Promise<void> {
    if (lease === undefined) return
    await (changed.has(place) ? writes.next() : writes.last())
  }

  /** What Redis answers; undefined where it is away. */
  async function ask<Answer>(place: Place, question: () => Promise<Answer>): Promise<Answer | undefined> {
    await written(place)
    if (!isUp) return undefined
    return question().catch((fault: unknown) => {
      giveUp(fault)
      return undefined
    })
  }

  async function read(place: Place): Promise<Roll> {
    const answer: DividedRoll | undefined = await ask(place, () => leases.roll(place))
    const roll = lease === undefined ? mergeRolls(own.roll(place), answer?.roll) : (answer?.roll ?? NOBODY)
    if (others.isCounting) return mergeRolls(roll, others.of(place))
    if (places.has(place)) others.set(place, answer?.others)
    return roll
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
    for (const followed of places.values()) void followed.listen()
  })
  ready.resolve()
  await work

  return {
    tag(place, user, tag) {
      if (!own.set(place, user, tag)) return
      const users = changed.get(place) ?? new Set()
      changed.set(place, users.add(user))
      if (lease === undefined) places.get(place)?.touch()
      writes.schedule()
    },

    async roll(place) {
      const followed = places.get(place)
      if (changed.has(place)) followed?.touch()
      return followed?.roll() ?? read(place)
    },

    follow(place, onChange) {
      const known = places.get(place)
      const followed = known ?? new FollowedByBus(place, bus, () => read(place), onFault)
      places.set(place, followed)
      const stop = followed.add(onChange)
      if (known === undefined) void followed.listen()
      return () => {
        stop()
        if (followed.isFollowed || places.get(place) !== followed) return
        places.delete(place)
        others.delete(place)
      }
    },

    async count(place) {
      return (await ask(place, () => leases.count(place))) ?? own.count(place)
    },

    async tagsOf(place, users) {
      return (await ask(place, () => leases.tagsOf(place, users))) ?? own.of(place, users)
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
      for (const followed of places.values()) followed.close()
      places.clear()
      await enqueue(async () => {
        await writeChanged()
        if (lease !== undefined) await leases.leave(lease, LEAVE_MS)
      })
      await store.close()
    },
  }
}
