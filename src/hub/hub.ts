import { GraphQLError } from 'graphql'
import type { Topic } from '../kernel/topic.ts'
import type { Entry } from '../log/entry.ts'
import type { History } from '../log/history.ts'
import type { Bus } from '../pubsub/bus.ts'
import type { Subscriber } from './delivery.ts'
import { Feed, type FeedEvents, type FeedListener } from './feed.ts'
import { ListFeed } from './list-feed.ts'
import { ListTicker } from './list-ticker.ts'
import type { Guard, HistoryPlan, LatestPlan, ListPlan, ListSource, Plan, PulsePlan } from './source.ts'
import { Stream, type StreamEvents } from './stream.ts'
import { Ticker } from './ticker.ts'

export interface HubEvents extends FeedEvents, Pick<StreamEvents, 'onReplay' | 'onReset'> {
  /** A look at a list failed; the next one tries again. */
  onListFault(error: unknown): void
  /** A fault of ours that a subscriber must be told of: returns the masked error. */
  mask(error: unknown): GraphQLError
}

export interface HubOptions {
  readonly history: History
  readonly bus: Bus
  readonly events: HubEvents
  /** How often each live topic's head is compared with the record: a lost last entry shows no gap. */
  readonly checkEveryMs?: number
  /** The same while the bus is away and nothing else tells of entries. */
  readonly pollEveryMs?: number
}

export interface HubStats {
  readonly topics: number
  readonly groups: number
  readonly subscribers: number
  /** Selections executed since the start: one per group and entry, one per snapshot. */
  readonly executions: number
  /** Payloads handed to connections since the start. */
  readonly deliveries: number
}

/** Serves subscriptions from the ordered histories. */
export interface Hub {
  /** Begins to serve; payloads and the end arrive at the sink. The returned function ends it from the client's side. */
  open(plan: Plan, subscriber: Subscriber): () => void
  /** Entries were committed here, but the bus could not be told: delivered here at least. */
  announceLocally(topic: Topic): void
  stats(): HubStats
  close(): void
}

const CHECK_EVERY_MS = 3_000
const POLL_EVERY_MS = 1_000
/** A topic that lost its last subscriber is kept a while: reconnecting clients come back to it. */
const LINGER_MS = 10_000

/** A topic that is live on this node. */
interface Live {
  readonly feed: Feed
  readonly started: Promise<void>
  stream: Stream | undefined
  readonly tickers: Map<string, Ticker>
  readonly guards: Set<FeedListener>
  /** Subscribers and guards that keep it. */
  holders: number
  linger: NodeJS.Timeout | undefined
}

/** A list that is followed on this node. */
interface LiveList {
  readonly feed: ListFeed
  readonly tickers: Map<string, { readonly ticker: ListTicker; readonly unfollow: () => void }>
}

export function createHub(options: HubOptions): Hub {
  const { history, bus, events } = options
  const live = new Map<Topic, Live>()
  const pulses = new Map<string, Ticker>()
  const lists = new Map<ListSource, LiveList>()
  const streamEvents: StreamEvents = {
    ...events,
    onExecution() {
      executions += 1
    },
    onDelivery(count) {
      deliveries += count
    },
    onFault: (error) => events.mask(error),
  }
  let subscribers = 0
  let executions = 0
  let deliveries = 0
  let isChecking = false
  let nextCheck: NodeJS.Timeout | undefined

  function hold(topic: Topic): Live {
    const known = live.get(topic)
    if (known !== undefined) {
      clearTimeout(known.linger)
      known.holders += 1
      return known
    }
    const feed = new Feed(topic, history, bus, events)
    const made: Live = {
      feed,
      started: feed.start(),
      stream: undefined,
      tickers: new Map(),
      guards: new Set(),
      holders: 1,
      linger: undefined,
    }
    live.set(topic, made)
    made.started.catch(() => drop(topic, made))
    return made
  }

  function release(topic: Topic, held: Live): void {
    held.holders -= 1
    if (held.holders > 0 || live.get(topic) !== held) return
    held.linger = setTimeout(() => drop(topic, held), LINGER_MS)
    held.linger.unref()
  }

  function drop(topic: Topic, held: Live): void {
    clearTimeout(held.linger)
    held.feed.close()
    if (live.get(topic) === held) live.delete(topic)
  }

  async function openHistory(plan: HistoryPlan, held: Live, subscriber: Subscriber): Promise<() => void> {
    await held.started
    if (held.stream === undefined) {
      held.stream = new Stream(plan.topic, plan.source, held.feed, history, streamEvents)
      held.feed.add(held.stream)
    }
    return held.stream.open(subscriber, plan.after)
  }

  async function openLatest(plan: LatestPlan, held: Live, subscriber: Subscriber): Promise<() => void> {
    await held.started
    const key = `${plan.everyMs} ${subscriber.selection.key}`
    let ticker = held.tickers.get(key)
    if (ticker === undefined) {
      ticker = new Ticker(plan, subscriber.selection, streamEvents)
      held.tickers.set(key, ticker)
      held.feed.add(ticker)
    }
    const leave = ticker.open(subscriber)
    return () => {
      leave()
      if (!ticker.isEmpty || held.tickers.get(key) !== ticker) return
      held.tickers.delete(key)
      held.feed.remove(ticker)
    }
  }

  function openPulse(plan: PulsePlan, subscriber: Subscriber): () => void {
    const key = `${plan.everyMs} ${subscriber.selection.key}`
    let ticker = pulses.get(key)
    if (ticker === undefined) {
      ticker = new Ticker(plan, subscriber.selection, streamEvents)
      pulses.set(key, ticker)
    }
    const leave = ticker.open(subscriber)
    return () => {
      leave()
      if (ticker.isEmpty && pulses.get(key) === ticker) pulses.delete(key)
    }
  }

  function openList(plan: ListPlan, subscriber: Subscriber): () => void {
    let held = lists.get(plan.source)
    if (held === undefined) {
      held = { feed: new ListFeed(plan.source, events.onListFault), tickers: new Map() }
      lists.set(plan.source, held)
    }
    const { feed, tickers } = held
    const key = `${plan.everyMs} ${subscriber.selection.key}`
    let shared = tickers.get(key)
    if (shared === undefined) {
      const ticker = new ListTicker(plan, subscriber.selection, streamEvents)
      shared = { ticker, unfollow: feed.follow(ticker) }
      tickers.set(key, shared)
    }
    const { ticker, unfollow } = shared
    const leave = ticker.open(subscriber)
    return () => {
      leave()
      if (!ticker.isEmpty || tickers.get(key)?.ticker !== ticker) return
      tickers.delete(key)
      unfollow()
      ticker.close()
    }
  }

  /** Watches what the reader's permission hangs on; `end` is called when it is gone. */
  async function watch(guard: Guard, held: Live, end: () => void): Promise<() => void> {
    const ask = (): void => {
      guard.isAllowed().then(
        (isAllowed) => isAllowed || end(),
        (error: unknown) => events.onFault(guard.topic, error),
      )
    }
    const listener: FeedListener = {
      onEntries: (entries: readonly Entry[]) => {
        if (entries.some((entry) => guard.concerns(entry))) ask()
      },
      onDiscontinuity: ask,
    }
    await held.started
    held.feed.add(listener)
    held.guards.add(listener)
    // It may have been taken away between the first look and now.
    ask()
    return () => {
      held.feed.remove(listener)
      held.guards.delete(listener)
    }
  }

  async function checkAll(): Promise<void> {
    if (isChecking) return
    isChecking = true
    try {
      const heads = await history.heads([...live.keys()])
      for (const [topic, { feed }] of live) {
        void feed.listen()
        const head = heads.get(topic)
        if (head !== undefined) void feed.check(head)
      }
    } catch {
      // The record is away: /ready says so, and the next round asks again.
    } finally {
      isChecking = false
    }
  }

  function scheduleCheck(): void {
    const isUp = bus.status().kind === 'up'
    const delay = isUp ? (options.checkEveryMs ?? CHECK_EVERY_MS) : (options.pollEveryMs ?? POLL_EVERY_MS)
    nextCheck = setTimeout(() => void checkAll().finally(scheduleCheck), delay)
    nextCheck.unref()
  }

  scheduleCheck()
  const forgetRecovery = bus.onRecovered(() => void checkAll())

  return {
    open(plan, subscriber) {
      subscribers += 1
      const undo: (() => void)[] = [
        () => {
          subscribers -= 1
        },
      ]
      let isEnded = false
      const close = (): void => {
        if (isEnded) return
        isEnded = true
        for (const step of undo.splice(0).reverse()) step()
      }
      const end = (error: GraphQLError): void => {
        if (isEnded) return
        close()
        subscriber.sink.end(error)
      }
      /** Keeps what a step that took time has opened, or undoes it where the subscription ended meanwhile. */
      const keep = (opening: Promise<() => void>): void => {
        opening.then(
          (leave) => (isEnded ? leave() : void undo.push(leave)),
          (error: unknown) => end(error instanceof GraphQLError ? error : events.mask(error)),
        )
      }

      if (plan.kind === 'pulse') undo.push(openPulse(plan, subscriber))
      else if (plan.kind === 'list') undo.push(openList(plan, subscriber))
      else {
        const held = hold(plan.topic)
        undo.push(() => release(plan.topic, held))
        const { guard } = plan
        if (guard !== undefined) {
          const watched = hold(guard.topic)
          undo.push(() => release(guard.topic, watched))
          keep(watch(guard, watched, () => end(noLongerAllowed())))
        }
        keep(
          plan.kind === 'history' ? openHistory(plan, held, subscriber) : openLatest(plan, held, subscriber),
        )
      }
      return close
    },

    announceLocally(topic) {
      live
        .get(topic)
        ?.feed.check()
        .catch((error: unknown) => events.onFault(topic, error))
    },

    stats() {
      let groups = pulses.size
      for (const { tickers } of lists.values()) groups += tickers.size
      for (const { stream, tickers } of live.values()) groups += (stream?.groupCount ?? 0) + tickers.size
      return { topics: live.size, groups, subscribers, executions, deliveries }
    },

    close() {
      clearTimeout(nextCheck)
      forgetRecovery()
      for (const [topic, held] of live) drop(topic, held)
      for (const ticker of pulses.values()) ticker.close()
      for (const { feed } of lists.values()) feed.close()
    },
  }
}

function noLongerAllowed(): GraphQLError {
  return new GraphQLError('You may no longer see this.', { extensions: { code: 'FORBIDDEN' } })
}
