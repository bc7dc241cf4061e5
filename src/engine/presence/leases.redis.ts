import type { Call, Script, Store } from '../../platform/redis/store.redis.ts'
import { asUserId, type UserId } from '../kernel/id.ts'
import { ROLL_LIMIT, type Roll, TELL_EVERY_MS } from './registry.ts'
import type { Place } from './scope.ts'
import { CLEAR, END, PLACES_OF, RENEW, ROLL, TAGS_OF, WRITE } from './scripts.redis.ts'

/** One node's tag on one user, or that it has none any more. */
export interface Change {
  readonly user: UserId
  readonly tag: string | undefined
}

/** What other nodes' tags are on a user who is new to this one. */
export interface Shared {
  readonly place: Place
  readonly tags: ReadonlyMap<UserId, readonly string[]>
}

/** A roll, and what of it is by other nodes. */
export interface DividedRoll {
  readonly roll: Roll
  readonly others: Roll
}

export interface LeasesOptions {
  readonly store: Store
  /** This node. */
  readonly node: string
  /** Stands before every key and channel. */
  readonly prefix: string
  /** How long tags outlive a node that does not renew its lease any more. */
  readonly leaseMs: number
}

/** How long whoever clears up after a dead lease has for it, before another node begins anew. */
const CLAIM_MS = 5_000
/** Redis does nothing else while a script runs: some milliseconds. */
const CHUNK = 1_000
/** Scripts that go out together: what Redis does in well under a second. */
const AT_ONCE = 100

/**
 * What nodes write to Redis and read there, in the name of leases. All tags of a lease end with it, so that whatever
 * became of a node, nothing of it stays. All reject while Redis is away.
 */
export interface Leases {
  /** A new one for this node. */
  begin(): Promise<string>
  /** Those that ran out, of any node, for this one to clear up after. Undefined where the lease itself is over. */
  renew(lease: string): Promise<readonly string[] | undefined>
  /** Undefined where the lease is over. */
  write(lease: string, changes: ReadonlyMap<Place, readonly Change[]>): Promise<readonly Shared[] | undefined>
  /** Ends it at once: it has run out, then. */
  end(lease: string): Promise<void>
  /** Takes away the tags of one that ran out. Any number of nodes may do so at once. */
  clear(lease: string): Promise<void>
  /** Lets it run out after so long. */
  leave(lease: string, afterMs: number): Promise<void>
  roll(place: Place): Promise<DividedRoll>
  count(place: Place): Promise<number>
  tagsOf(place: Place, users: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly string[]>>
}

export function createLeases({ store, node, prefix, leaseMs }: LeasesOptions): Leases {
  const keys = [`${prefix}{presence}:`]
  const call = (script: Script, ...args: readonly (string | number)[]): Call => ({ script, keys, args })
  /** The bus names channels so. */
  const channelOf = (place: string): string => prefix + place
  let begun = 0

  async function runOne(one: Call): Promise<readonly string[]> {
    const [answer] = await store.run([one])
    return answer ?? []
  }

  async function clearPlaces(lease: string, places: readonly string[]): Promise<void> {
    let left = places.map((place) => ({ place, from: '0' }))
    while (left.length > 0) {
      const answers = await store.run(
        left.map(({ place, from }) =>
          call(CLEAR, lease, place, channelOf(place), TELL_EVERY_MS, from, CHUNK),
        ),
      )
      left = left.flatMap(({ place }, index) => {
        const from = answers[index]?.[0] ?? '0'
        return from === '0' ? [] : [{ place, from }]
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
      const writes = [...changes].flatMap(([place, all]) =>
        chunks(all, CHUNK).map((some) => ({
          place,
          args: [
            place,
            channelOf(place),
            TELL_EVERY_MS,
            ...some.flatMap(({ user, tag = '' }) => [user, tag]),
          ],
        })),
      )
      const shared: Shared[] = []
      for (const some of chunks(writes, AT_ONCE)) {
        const answers = await store.run(some.map(({ args }) => call(WRITE, lease, ...args)))
        if (answers.some(([kept]) => kept === 'lost')) return undefined
        for (const [index, { place }] of some.entries()) {
          shared.push({ place, tags: tagsIn(answers[index]?.slice(1) ?? []) })
        }
      }
      return shared
    },

    async end(lease) {
      await runOne(call(END, lease, 'dead', CLAIM_MS))
    },

    async clear(lease) {
      for (;;) {
        const places = await runOne(call(PLACES_OF, lease))
        if (places.length === 0) return
        for (const some of chunks(places, AT_ONCE)) await clearPlaces(lease, some)
      }
    },

    async leave(lease, afterMs) {
      await runOne(call(END, lease, 'leaving', afterMs))
    },

    async roll(place) {
      return rollIn(await runOne(call(ROLL, place, ROLL_LIMIT)), `${node}.`)
    },

    async count(place) {
      const [count] = await runOne(call(ROLL, place, -1))
      return Number(count)
    },

    async tagsOf(place, users) {
      const calls = chunks(users, CHUNK).map((some) => call(TAGS_OF, place, ...some))
      return tagsIn((await store.run(calls)).flat())
    },
  }
}

/** User and tag in turn. */
function tagsIn(answer: readonly string[]): Map<UserId, readonly string[]> {
  const tags = new Map<UserId, readonly string[]>()
  for (let at = 0; at + 1 < answer.length; at += 2) {
    const user = asUserId(answer[at] ?? '')
    tags.set(user, [...(tags.get(user) ?? []), answer[at + 1] ?? ''])
  }
  return tags
}

/** `ownPrefix` begins the names of this node's leases. */
function rollIn(answer: readonly string[], ownPrefix: string): DividedRoll {
  const count = Number(answer[0])
  const all: string[] = []
  const others: string[] = []
  for (let at = 1; at < answer.length; ) {
    const end = at + 2 + 2 * Number(answer[at + 1])
    const tags = answer.slice(at + 2, end)
    all.push(...tags)
    if (!answer[at]?.startsWith(ownPrefix)) others.push(...tags)
    at = end
  }
  const tags = tagsIn(all)
  const ofOthers = tagsIn(others)
  const isWhole = tags.size === count
  return {
    roll: { count, tags },
    others: { count: isWhole ? ofOthers.size : count, tags: ofOthers },
  }
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const made: (readonly Item[])[] = []
  for (let at = 0; at < items.length; at += size) made.push(items.slice(at, at + size))
  return made
}
