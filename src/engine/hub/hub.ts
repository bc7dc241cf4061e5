import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Tracing } from '../../platform/tracing/tracing.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { History } from '../history/history.ts'
import { every } from '../kernel/every.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Subscriber } from './delivery.ts'
import type { FeedListener } from './feed.ts'
import { Gate } from './gate.ts'
import { Lifetime } from './lifetime.ts'
import { createHubMetrics, type HubListeners, type Totals } from './metrics.ts'
import { GatedSubscriber, noLongerAllowed, PermissionWatch, tooMuchWaits } from './permission.ts'
import { createCountedScopes, type ScopeCounters } from './scope-counters.ts'
import type { GroupSize } from './shared.ts'
import type { Guard, Plan, ScopePresence } from './source.ts'
import { Tickers } from './tickers.ts'
import { TopicReaders } from './topic-readers.ts'
import { type LiveTopic, LiveTopics } from './topics.ts'

export interface HubEvents extends HubListeners {
  /** Called when a read of a list failed; the next one retries. */
  onListFault(error: unknown): void
  /** Called when the heads of the live topics could not be compared although the database is available. */
  onCheckFault(error: unknown): void
}

export interface HubOptions {
  readonly history: History
  readonly bus: Bus
  readonly events: HubEvents
  /** Interval of comparing each live topic's head with the database, because a lost last entry leaves no gap to notice. */
  readonly checkEveryMs?: number
  /** The same interval while the bus is unavailable and nothing else announces entries. */
  readonly pollEveryMs?: number
  readonly tracing?: Tracing
}

export interface HubStats extends Totals {
  readonly topics: number
  readonly groups: number
  readonly subscribers: number
  /** Subscribers of the largest group. */
  readonly largestGroup: number
}

/** The subscriptions counted in one scope, on this node. */
export interface ScopeStats {
  readonly subscriptions: number
  readonly groups: number
  /** Since when the scope has continuously had a subscription. */
  readonly deliveries: number
}

/** Serves subscriptions from the ordered histories. */
export interface Hub {
  /**
   * Starts a subscription; payloads and the end arrive at the sink. `presence`: the same object for all subscriptions of one
   * connection. The returned function ends the subscription from the client's side.
   */
  open(plan: Plan, subscriber: Subscriber, presence: ScopePresence): () => void
  /** Adds a listener to a topic for the life of the hub. Resolves when it receives everything from then on. */
  follow(topic: Topic, listener: FeedListener): Promise<void>
  /**
   * The database continues a different history than before: compares every topic with it at once and drops everything read
   * from the former one. Readers receive a snapshot with `reset: true`.
   */
  onHistoryReplaced(): void
  /** Entries were committed here, but the bus did not accept them: delivers them to this node's readers at least. */
  announceLocally(topic: Topic): void
  /** Number of connections subscribed to the history of `topic` with a matching viewer. */
  connectionsOn(topic: Topic, isMatch: (viewer: Viewer | null) => boolean): number
  stats(): HubStats
  /** The scopes in which at least one subscription is counted. */
  scopes(): ReadonlyMap<ScopeId, ScopeStats>
  close(): void
}

const CHECK_EVERY_MS = 3_000
const POLL_EVERY_MS = 1_000

export function createHub(options: HubOptions): Hub {
  const { history, bus, events, tracing } = options
  const { checkEveryMs = CHECK_EVERY_MS, pollEveryMs = POLL_EVERY_MS } = options
  const scopes = createCountedScopes()
  const metrics = createHubMetrics(events)
  const topics = new LiveTopics({
    ...{ history, bus, metrics, tracing, unscoped: scopes.unscoped },
    onCheckFault: (error) => events.onCheckFault(error),
  })
  const readers = new TopicReaders({ history, topics, tracing })
  const tickers = new Tickers({ metrics, onListFault: (error) => events.onListFault(error) })
  let subscribers = 0

  const checks = every(() => topics.check(), {
    everyMs: () => (bus.status().kind === 'up' ? checkEveryMs : pollEveryMs),
    onFault: events.onCheckFault,
  })
  const stopRecoveries = bus.onRecovered(() => void topics.check())

  function* groups(): Iterable<GroupSize> {
    yield* topics.groups()
    yield* tickers.groups()
  }

  function acquire(topic: Topic, counters: ScopeCounters, lifetime: Lifetime): LiveTopic {
    const live = topics.acquire(topic, counters)
    lifetime.add(() => topics.release(topic, live))
    return live
  }

  /** A subscriber that receives nothing until `guard` has confirmed access. `onLost` is called when access is lost. */
  function guarded(
    subscriber: Subscriber,
    guard: Guard,
    { counters, lifetime, onLost }: Readonly<{ counters: ScopeCounters; lifetime: Lifetime; onLost(): void }>,
  ): Subscriber {
    const gate = new Gate(subscriber.sink, () => lifetime.end(tooMuchWaits()))
    lifetime.add(() => gate.close())
    const live = acquire(guard.topic, counters, lifetime)
    const onFault = (error: unknown): void => events.onFault(guard.topic, error)
    lifetime.addWhenOpen(new PermissionWatch({ guard, live, gate, onLost, onFault }).start())
    return new GatedSubscriber(subscriber, gate)
  }

  return {
    open(plan, subscriber, presence) {
      const lifetime = new Lifetime({ sink: subscriber.sink, mask: events.mask })
      subscribers += 1
      lifetime.add(() => {
        subscribers -= 1
      })
      const { counters, leave } = scopes.enter(plan.countedIn)
      lifetime.add(leave)
      let isRevoked = false
      if (plan.presentIn !== undefined) {
        const leaveScope = presence.enter(plan.presentIn)
        lifetime.add(() => leaveScope(isRevoked))
      }
      const onLost = (): void => {
        isRevoked = true
        lifetime.end(noLongerAllowed())
      }
      const { guard } = plan
      const reader =
        guard === undefined ? subscriber : guarded(subscriber, guard, { counters, lifetime, onLost })
      if (plan.kind === 'pulse') lifetime.add(tickers.openPulse(plan, reader, counters))
      else if (plan.kind === 'current') lifetime.add(tickers.openCurrent(plan, reader, counters))
      else if (plan.kind === 'list') lifetime.addWhenOpen(tickers.openList(plan, reader, counters))
      else {
        const live = acquire(plan.topic, counters, lifetime)
        lifetime.addWhenOpen(
          plan.kind === 'history'
            ? readers.openHistory(plan, live, reader, presence)
            : readers.openLatest(plan, live, reader),
        )
      }
      return lifetime.close
    },

    async follow(topic, listener) {
      await topics.follow(topic, listener)
    },

    onHistoryReplaced() {
      void topics.check()
      tickers.onHistoryReplaced()
    },

    announceLocally(topic) {
      const checked = topics.get(topic)?.feed.check()
      checked?.catch((error: unknown) => events.onFault(topic, error))
    },

    connectionsOn: (topic, isMatch) => topics.get(topic)?.stream?.countConnections(isMatch) ?? 0,

    stats() {
      const sizes = [...groups()].map(({ size }) => size)
      return {
        ...metrics.totals(),
        ...{ topics: topics.size, groups: sizes.length, subscribers },
        largestGroup: sizes.reduce((largest, size) => Math.max(largest, size), 0),
      }
    },

    scopes() {
      const counts = new Map<ScopeCounters, number>()
      for (const { counters } of groups()) counts.set(counters, (counts.get(counters) ?? 0) + 1)
      return new Map(
        [...scopes.entries()].map(([id, counters]) => [
          id,
          { ...counters, groups: counts.get(counters) ?? 0 },
        ]),
      )
    },

    close() {
      void checks.close()
      stopRecoveries()
      topics.close()
      tickers.close()
    },
  }
}
