import type { Cancel, Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import { type Instant, instant, later } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { Current } from './current.ts'
import type { Registry } from './registry.ts'
import { type Place, typingPlace } from './scope.ts'

/** Who is writing in a room. */
export interface Typists {
  readonly scope: ScopeId
  /** Who began first stands first. Empty where there are more than the limit of rolls. */
  readonly users: readonly Person[]
  readonly at: Instant
}

export interface TypingOptions {
  readonly registry: Registry
  readonly deadlines: Deadlines
  now(): Instant
}

/** Who signals to this node that they are writing, and who does on all of them. */
export interface Typing {
  /** Holds for TYPING_MS, unless it is said again. */
  start(scope: ScopeId, user: Person): void
  stop(scope: ScopeId, user: UserId): void
  /** The room has ended: stops all typing, including signals that were allowed just before. */
  end(scope: ScopeId): void
  /** To be watched once. */
  in(scope: ScopeId): Current<Typists>
}

const TYPING_MS = 10_000
/** No mutation that found the room open takes longer to say so. */
const ENDED_MS = 60_000

/** That a user is writing, as said to one node. */
interface Signal {
  readonly user: Person
  /** When the user began. */
  readonly since: Instant
  readonly until: Instant
}

interface Typist {
  readonly since: Instant
  readonly expire: Cancel
}

export function createTyping({ registry, deadlines, now }: TypingOptions): Typing {
  const places = new Map<Place, Map<UserId, Typist>>()
  const ended = new Set<ScopeId>()

  function stop(scope: ScopeId, user: UserId): void {
    const place = typingPlace(scope)
    const users = places.get(place)
    const typist = users?.get(user)
    if (users === undefined || typist === undefined) return
    typist.expire()
    users.delete(user)
    if (users.size === 0) places.delete(place)
    registry.tag(place, user, null)
  }

  return {
    stop,

    end(scope) {
      if (!ended.has(scope)) {
        ended.add(scope)
        deadlines.arm(later(now(), ENDED_MS), () => ended.delete(scope))
      }
      for (const user of [...(places.get(typingPlace(scope))?.keys() ?? [])]) stop(scope, user)
    },

    start(scope, { id, name }) {
      if (ended.has(scope)) return
      const place = typingPlace(scope)
      const users = places.get(place) ?? new Map<UserId, Typist>()
      const known = users.get(id)
      known?.expire()
      const at = now()
      const since = known?.since ?? at
      const expire = deadlines.arm(later(at, TYPING_MS), () => stop(scope, id))
      places.set(place, users.set(id, { since, expire }))
      registry.tag(place, id, `${since} ${at} ${name}`)
    },

    in(scope) {
      const place = typingPlace(scope)
      let heard: ReadonlyMap<string, Signal> = new Map()
      let shown: Typists | undefined
      let tell = (): void => {}
      let disarm: Cancel = () => {}

      return {
        watch(onChange) {
          tell = onChange
          const leave = registry.follow(place, onChange)
          return () => {
            leave()
            disarm()
          }
        },

        async read() {
          const { tags } = await registry.roll(place)
          const at = now()
          heard = hear(tags, heard, at)
          const lasting = [...heard.values()].filter(({ until }) => at < until)
          disarm()
          const [next] = lasting.map(({ until }) => until).sort((a, b) => a - b)
          if (next !== undefined) disarm = deadlines.arm(next, tell)
          const users = typistsOf(lasting)
          if (shown === undefined || !isSame(shown.users, users)) shown = { scope, users, at }
          return shown
        },
      }
    },
  }
}

/**
 * The signals that `tags` are, each until when it holds. Their nodes take them back in time, but one that died can't: so
 * a signal holds no longer than TYPING_MS after this node heard it, whatever the clocks of others say.
 */
function hear(
  tags: ReadonlyMap<UserId, readonly string[]>,
  before: ReadonlyMap<string, Signal>,
  at: Instant,
): ReadonlyMap<string, Signal> {
  const heard = new Map<string, Signal>()
  for (const [id, each] of tags) {
    for (const tag of each) {
      const key = `${id} ${tag}`
      heard.set(key, before.get(key) ?? signalOf(id, tag, later(at, TYPING_MS)))
    }
  }
  return heard
}

/** `tag`: when the user began, when they said so again, and their name. */
function signalOf(id: UserId, tag: string, until: Instant): Signal {
  const [since = '', at = ''] = tag.split(' ', 2)
  const name = tag.slice(since.length + at.length + 2)
  return { user: { id, name }, since: instant(Number(since)), until }
}

/** Each user once; who began first stands first. */
function typistsOf(signals: readonly Signal[]): readonly Person[] {
  const users = new Map<UserId, Person>()
  for (const { user } of signals.toSorted(byBeginning)) if (!users.has(user.id)) users.set(user.id, user)
  return [...users.values()]
}

function byBeginning(one: Signal, other: Signal): number {
  return one.since - other.since || (one.user.id < other.user.id ? -1 : 1)
}

function isSame(some: readonly Person[], others: readonly Person[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, name }, index) => others[index]?.id === id && others[index]?.name === name)
  )
}
