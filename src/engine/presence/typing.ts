import type { Cancel, Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import { type Instant, instant, later } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import { type Channel, typingChannel } from './channels.ts'
import type { Current } from './current.ts'
import type { Registry } from './registry.ts'

/** The users typing in a scope. */
export interface TypingUsers {
  readonly scope: ScopeId
  /** In the order in which they began. Empty if more users than MEMBER_LIMIT are typing. */
  readonly users: readonly Person[]
  readonly at: Instant
}

export interface TypingOptions {
  readonly registry: Registry
  readonly deadlines: Deadlines
  now(): Instant
}

/** Typing signals sent to this node, and the users typing on all nodes. */
export interface Typing {
  /** Lasts for TYPING_MS unless called again. */
  start(scope: ScopeId, user: Person): void
  stop(scope: ScopeId, user: UserId): void
  /** The scope has ended: stops all typing, including signals that were allowed just before. */
  end(scope: ScopeId): void
  /** Supports one watcher. */
  in(scope: ScopeId): Current<TypingUsers>
}

const TYPING_MS = 10_000
/** Longer than any mutation takes that read the scope while it was still open. */
const ENDED_MS = 60_000

/** A user's typing signal on one node. */
interface TypingSignal {
  readonly user: Person
  /** When the user began. */
  readonly since: Instant
  readonly until: Instant
}

interface TypingUser {
  readonly since: Instant
  readonly expire: Cancel
}

export function createTyping({ registry, deadlines, now }: TypingOptions): Typing {
  const channels = new Map<Channel, Map<UserId, TypingUser>>()
  const ended = new Set<ScopeId>()

  function stop(scope: ScopeId, user: UserId): void {
    const channel = typingChannel(scope)
    const users = channels.get(channel)
    const typing = users?.get(user)
    if (users === undefined || typing === undefined) return
    typing.expire()
    users.delete(user)
    if (users.size === 0) channels.delete(channel)
    registry.setMeta(channel, user, null)
  }

  return {
    stop,

    end(scope) {
      if (!ended.has(scope)) {
        ended.add(scope)
        deadlines.arm(later(now(), ENDED_MS), () => ended.delete(scope))
      }
      for (const user of [...(channels.get(typingChannel(scope))?.keys() ?? [])]) stop(scope, user)
    },

    start(scope, { id, name }) {
      if (ended.has(scope)) return
      const channel = typingChannel(scope)
      const users = channels.get(channel) ?? new Map<UserId, TypingUser>()
      const known = users.get(id)
      known?.expire()
      const at = now()
      const since = known?.since ?? at
      const expire = deadlines.arm(later(at, TYPING_MS), () => stop(scope, id))
      channels.set(channel, users.set(id, { since, expire }))
      registry.setMeta(channel, id, `${since} ${at} ${name}`)
    },

    in(scope) {
      const channel = typingChannel(scope)
      let signals: ReadonlyMap<string, TypingSignal> = new Map()
      let shown: TypingUsers | undefined
      let notify = (): void => {}
      let disarm: Cancel = () => {}

      return {
        watch(onChange) {
          notify = onChange
          const stopWatching = registry.watch(channel, onChange)
          return () => {
            stopWatching()
            disarm()
          }
        },

        async read() {
          const { metadata } = await registry.members(channel)
          const at = now()
          signals = signalsIn(metadata, signals, at)
          const active = [...signals.values()].filter(({ until }) => at < until)
          disarm()
          const [next] = active.map(({ until }) => until).sort((a, b) => a - b)
          if (next !== undefined) disarm = deadlines.arm(next, notify)
          const users = typingUsersOf(active)
          if (shown === undefined || !isSame(shown.users, users)) shown = { scope, users, at }
          return shown
        },
      }
    },
  }
}

/**
 * The signals in `metadata`, each with its expiry. Nodes remove expired signals of their own users, but a crashed node
 * can't: so a signal lasts at most TYPING_MS after this node first saw it, whatever the clocks of other nodes say.
 */
function signalsIn(
  metadata: ReadonlyMap<UserId, readonly string[]>,
  before: ReadonlyMap<string, TypingSignal>,
  at: Instant,
): ReadonlyMap<string, TypingSignal> {
  const signals = new Map<string, TypingSignal>()
  for (const [id, each] of metadata) {
    for (const meta of each) {
      const key = `${id} ${meta}`
      signals.set(key, before.get(key) ?? signalOf(id, meta, later(at, TYPING_MS)))
    }
  }
  return signals
}

/** `meta` holds when the user began, when they last signalled, and their name. */
function signalOf(id: UserId, meta: string, until: Instant): TypingSignal {
  const [since = '', at = ''] = meta.split(' ', 2)
  const name = meta.slice(since.length + at.length + 2)
  return { user: { id, name }, since: instant(Number(since)), until }
}

/** Distinct users, in the order in which they began. */
function typingUsersOf(signals: readonly TypingSignal[]): readonly Person[] {
  const users = new Map<UserId, Person>()
  for (const { user } of signals.toSorted(byStart)) if (!users.has(user.id)) users.set(user.id, user)
  return [...users.values()]
}

function byStart(one: TypingSignal, other: TypingSignal): number {
  return one.since - other.since || (one.user.id < other.user.id ? -1 : 1)
}

function isSame(some: readonly Person[], others: readonly Person[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, name }, index) => others[index]?.id === id && others[index]?.name === name)
  )
}
