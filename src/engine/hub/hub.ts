import { GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Tracing } from '../../platform/tracing/tracing.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { Entry } from '../history/entry.ts'
import type { History } from '../history/history.ts'
import { every } from '../kernel/every.ts'
import type { RoomId } from '../kernel/id.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Attendee } from '../presence/presence-session.ts'
import { isRecordUnavailable } from '../storage/faults.ts'
import type { Subscriber } from './delivery.ts'
import { Feed, type FeedEvents, type FeedListener } from './feed.ts'
import { Gate } from './gate.ts'
import { ListFeed } from './list-feed.ts'
import { ListTicker } from './list-ticker.ts'
import { createCounting, type Totals } from './metrics.ts'
import { RecentItems } from './recent.ts'
import { createRoomTallies, type Tally } from './scope-counters.ts'
import type {
  CurrentPlan,
  Guard,
  HistoryPlan,
  LatestPlan,
  ListPlan,
  ListSource,
  Plan,
  PulsePlan,
} from './source.ts'
import { Stream, type StreamEvents } from './stream.ts'
import { Ticker } from './ticker.ts'
import { createTimeSlices } from './time-slices.ts'
import { SightWatch } from './visibility-watch.ts'

export interface HubEvents extends FeedEvents, Pick<StreamEvents, 'onReset'> {
  /** A look at a list failed; the next one tries again. */
  onListFault(error: unknown): void
  /** The heads of the live topics could not be compared with the record, and the record is not away. */
  onCheckFault(error: unknown): void
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
  /** None where absent. */
  readonly tracing?: Tracing
}

export interface HubStats extends Totals {
  readonly topics: number
  readonly groups: number
  readonly subscribers: number
  /** Subscribers of the group that has most. */
  readonly largestGroup: number
}

/** What goes on in a room, on this node. */
export interface RoomStats {
  readonly subscriptions: number
  readonly groups: number
  /** Since somebody is there without a break. */
  readonly deliveries: number
}

/** Serves subscriptions from the ordered histories. */
export interface Hub {
  /**
   * Begins to serve; payloads and the end arrive at the sink. `attendee`, the connection, is in the room of the plan's
   * guard until the end. The returned function ends it from the client's side.
   */
  open(plan: Plan, subscriber: Subscriber, attendee: Pick<Attendee, 'enter'>): () => void
  /** Has `listener` hear a topic for as long as the hub lives. Resolves when it hears everything from then on. */
  follow(topic: Topic, listener: FeedListener): Promise<void>
  /**
   * The database continues another history than before: every topic is compared with it at once, and whatever was read
   * from the former one is dropped. Readers get a snapshot with `reset: true`.
   */
  onHistoryReplaced(): void
  /** Entries were committed here, but the bus could not be told: delivered here at least. */
  announceLocally(topic: Topic): void
  /** The connections that read the history of `topic`, of those who are such as `isMeant` says. */
  connectionsOn(topic: Topic, isMeant: (viewer: Viewer | null) => boolean): number
  stats(): HubStats
  /** The rooms with a subscription to anything in them. */
  rooms(): ReadonlyMap<RoomId, RoomStats>
  close(): void
}

const CHECK_EVERY_MS = 3_000
const POLL_EVERY_MS = 1_000
/** A topic that lost its last subscriber is kept a while: reconnecting clients come back to it. */
const LINGER_MS = 10_000
/** A question to the record that failed is asked again after this. */
const ASK_AGAIN_MS = 1_000

/** A topic that is live on this node. */
interface Live {
  readonly feed: Feed
  readonly started: Promise<void>
  stream: Stream | undefined
  /** Of the stream. */
  sight: SightWatch | undefined
  readonly tickers: Map<string, Ticker>
  readonly guards: Set<FeedListener>
  /** Of the room that it is read in. */
  tally: Tally
  /** Counts for that. */
  readonly events: StreamEvents
  /** Subscribers and guards that keep it. */
  holders: number
  linger: NodeJS.Timeout | undefined
}

/** A list that is followed on this node. */
interface LiveList {
  readonly feed: ListFeed
  readonly tickers: Map<
    string,
    { readonly ticker: ListTicker; readonly unfollow: () => void; readonly tally: Tally }
  >
}

export function createHub(options: HubOptions): Hub {
  const { history, bus, events, tracing } = options
  const live = new Map<Topic, Live>()
  const pulses = new Map<string, Ticker>()
  const currents = new Map<
    string,
    { readonly ticker: Ticker; readonly unwatch: () => void; readonly tally: Tally }
  >()
  const lists = new Map<ListSource, LiveList>()
  const tallies = createRoomTallies()
  const counting = createCounting(events)
  const slices = createTimeSlices()
  const recent = new RecentItems()
  let subscribers = 0
  let isChecking = false

  function hold(topic: Topic, tally: Tally): Live {
    const known = live.get(topic)
    if (known !== undefined) {
      clearTimeout(known.linger)
      known.holders += 1
      known.tally = tally
      return known
    }
    const feed = new Feed(topic, history, bus, counting.feedEvents, tracing)
    const made: Live = {
      feed,
      tally,
      events: counting.streamEvents(() => made.tally),
      started: feed.start(),
      stream: undefined,
      sight: undefined,
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
    held.sight?.close()
    if (live.get(topic) === held) live.delete(topic)
  }

  async function openHistory(
    plan: HistoryPlan,
    held: Live,
    subscriber: Subscriber,
    connection: object,
  ): Promise<() => void> {
    await held.started
    if (held.stream === undefined) {
      held.stream = new Stream(
        plan.topic,
        plan.source,
        held.feed,
        history,
        held.events,
        slices,
        recent.ofTopic(),
        tracing,
      )
      held.feed.add(held.stream)
      held.sight = watchSight(plan, held.stream)
    }
    const { stream, sight } = held
    await sight?.ready()
    const { part, after, startsOver } = plan
    return stream.open({ subscriber, connection, part }, after, startsOver)
  }

  function watchSight({ topic, source }: HistoryPlan, stream: Stream): SightWatch | undefined {
    if (source.sight === undefined) return undefined
    const watch = new SightWatch(topic, source.sight, followWhile, (isConcerned) =>
      stream.restart(isConcerned),
    )
    stream.watchSight(watch)
    return watch
  }

  async function followWhile(topic: Topic, listener: FeedListener): Promise<() => void> {
    const held = hold(topic, tallies.elsewhere)
    await held.started
    held.feed.add(listener)
    return () => {
      held.feed.remove(listener)
      release(topic, held)
    }
  }

  async function openLatest(plan: LatestPlan, held: Live, subscriber: Subscriber): Promise<() => void> {
    await held.started
    const key = `${plan.everyMs} ${subscriber.selection.key}`
    let ticker = held.tickers.get(key)
    if (ticker === undefined) {
      ticker = new Ticker(plan, subscriber.selection, held.events)
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
      ticker = new Ticker(
        plan,
        subscriber.selection,
        counting.streamEvents(() => tallies.elsewhere),
      )
      pulses.set(key, ticker)
    }
    const leave = ticker.open(subscriber)
    return () => {
      leave()
      if (ticker.isEmpty && pulses.get(key) === ticker) pulses.delete(key)
    }
  }

  function openCurrent(plan: CurrentPlan, subscriber: Subscriber, tally: Tally): () => void {
    const key = `${plan.everyMs} ${subscriber.selection.key}`
    let shared = currents.get(key)
    if (shared === undefined) {
      const made = new Ticker(
        plan,
        subscriber.selection,
        counting.streamEvents(() => tally),
      )
      shared = { ticker: made, tally, unwatch: plan.subject.watch(() => made.onChange()) }
      currents.set(key, shared)
    }
    const { ticker, unwatch } = shared
    const leave = ticker.open(subscriber)
    return () => {
      leave()
      if (!ticker.isEmpty || currents.get(key)?.ticker !== ticker) return
      currents.delete(key)
      unwatch()
    }
  }

  async function openList(plan: ListPlan, subscriber: Subscriber, tally: Tally): Promise<() => void> {
    let held = lists.get(plan.source)
    if (held === undefined) {
      held = { feed: new ListFeed(plan.source, events.onListFault), tickers: new Map() }
      lists.set(plan.source, held)
    }
    const { feed, tickers } = held
    // Who may see what may have changed since the last look.
    await feed.refresh()
    const key = `${plan.everyMs} ${subscriber.selection.key}`
    let shared = tickers.get(key)
    if (shared === undefined) {
      const ticker = new ListTicker(
        plan,
        subscriber.selection,
        counting.streamEvents(() => tally),
      )
      shared = { ticker, tally, unfollow: feed.follow(ticker) }
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

  /**
   * Watches what the reader's permission hangs on; `end` is called when it is gone. While that is asked, nothing passes the
   * gate: it may have been written when the permission was gone.
   */
  async function watch(guard: Guard, held: Live, gate: Gate, end: () => void): Promise<() => void> {
    let questions = 0
    let retry: NodeJS.Timeout | undefined
    /** Rejects also where the guard throws. */
    const askNow = (): Promise<boolean> => {
      try {
        return guard.isAllowed()
      } catch (error) {
        return Promise.reject(error)
      }
    }
    const ask = (): void => {
      questions += 1
      const question = questions
      clearTimeout(retry)
      gate.shut()
      askNow().then(
        (isAllowed) => {
          if (!isAllowed) end()
          else if (question === questions) gate.open()
        },
        (error: unknown) => {
          events.onFault(guard.topic, error)
          if (question === questions) retry = setTimeout(ask, ASK_AGAIN_MS).unref()
        },
      )
    }
    const listener: FeedListener = {
      onEntries: (entries: readonly Entry[]) => {
        if (entries.some((entry) => guard.concerns(entry))) ask()
      },
      onDiscontinuity: ask,
      // An entry that the guard can't read may have taken the permission away.
      onFault: ask,
    }
    // From the first moment: rights may change before the feed has started.
    const unwatch = guard.watchRights?.(ask)
    const stop = (): void => {
      questions += 1
      clearTimeout(retry)
      unwatch?.()
    }
    try {
      await held.started
    } catch (error) {
      stop()
      throw error
    }
    held.feed.add(listener)
    held.guards.add(listener)
    // It may have been taken away between the first look and now: then the feed has said so, or will say it.
    if (questions === 0 && held.feed.quietSince < guard.askedAt) gate.open()
    else ask()
    return () => {
      stop()
      held.feed.remove(listener)
      held.guards.delete(listener)
    }
  }

  function* groups(): Iterable<{ readonly tally: Tally; readonly size: number }> {
    for (const { stream, tickers, tally } of live.values()) {
      for (const size of stream?.groupSizes() ?? []) yield { tally, size }
      for (const { size } of tickers.values()) yield { tally, size }
    }
    for (const { ticker, tally } of currents.values()) yield { tally, size: ticker.size }
    for (const list of lists.values()) {
      for (const { ticker, tally } of list.tickers.values()) yield { tally, size: ticker.size }
    }
    for (const { size } of pulses.values()) yield { tally: tallies.elsewhere, size }
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
    } catch (error) {
      // While the record is away /ready says so, and the next round asks again.
      if (!isRecordUnavailable(error)) events.onCheckFault(error)
    } finally {
      isChecking = false
    }
  }

  const checks = every(checkAll, {
    everyMs: () =>
      bus.status().kind === 'up'
        ? (options.checkEveryMs ?? CHECK_EVERY_MS)
        : (options.pollEveryMs ?? POLL_EVERY_MS),
    onFault: events.onCheckFault,
  })
  const forgetRecovery = bus.onRecovered(() => void checkAll())

  return {
    open(plan, from, attendee) {
      subscribers += 1
      const undo: (() => void)[] = [
        () => {
          subscribers -= 1
        },
      ]
      let isEnded = false
      /** What the guard keeps the door of has closed to the reader. */
      let isBarred = false
      const close = (): void => {
        if (isEnded) return
        isEnded = true
        for (const step of undo.splice(0).reverse()) step()
      }
      const end = (error: GraphQLError): void => {
        if (isEnded) return
        close()
        from.sink.end(error)
      }
      /** Keeps what a step that took time has opened, or undoes it where the subscription ended meanwhile. */
      const keep = (opening: Promise<() => void>): void => {
        opening.then(
          (leave) => (isEnded ? leave() : void undo.push(leave)),
          (error: unknown) => end(error instanceof GraphQLError ? error : events.mask(error)),
        )
      }

      const guard = plan.kind === 'pulse' ? undefined : plan.guard
      const { tally, leave: leaveTally } = tallies.enter(guard?.roomId)
      undo.push(leaveTally)
      const holdOpen = (topic: Topic): Live => {
        const held = hold(topic, tally)
        undo.push(() => release(topic, held))
        return held
      }

      if (plan.kind === 'pulse') {
        undo.push(openPulse(plan, from))
        return close
      }
      let subscriber = from
      if (guard !== undefined) {
        if (guard.roomId !== undefined) {
          const leave = attendee.enter(guard.roomId)
          undo.push(() => leave(isBarred))
        }
        const bar = (): void => {
          isBarred = true
          end(noLongerAllowed())
        }
        const gate = new Gate(from.sink, () => end(tooMuchWaits()))
        undo.push(() => gate.close())
        subscriber = new GatedSubscriber(from, gate)
        keep(watch(guard, holdOpen(guard.topic), gate, bar))
      }
      if (plan.kind === 'list') keep(openList(plan, subscriber, tally))
      else if (plan.kind === 'current') undo.push(openCurrent(plan, subscriber, tally))
      else if (plan.kind === 'history') keep(openHistory(plan, holdOpen(plan.topic), subscriber, attendee))
      else keep(openLatest(plan, holdOpen(plan.topic), subscriber))
      return close
    },

    async follow(topic, listener) {
      const held = hold(topic, tallies.elsewhere)
      await held.started
      held.feed.add(listener)
    },

    onHistoryReplaced() {
      void checkAll()
      for (const { feed } of lists.values()) feed.onHistoryReplaced()
    },

    announceLocally(topic) {
      live
        .get(topic)
        ?.feed.check()
        .catch((error: unknown) => events.onFault(topic, error))
    },

    connectionsOn: (topic, isMeant) => live.get(topic)?.stream?.countConnections(isMeant) ?? 0,

    stats() {
      const sizes = [...groups()].map(({ size }) => size)
      return {
        ...counting.totals(),
        ...{ topics: live.size, groups: sizes.length, subscribers },
        largestGroup: sizes.reduce((largest, size) => Math.max(largest, size), 0),
      }
    },

    rooms() {
      const counts = new Map<Tally, number>()
      for (const { tally } of groups()) counts.set(tally, (counts.get(tally) ?? 0) + 1)
      return new Map(
        [...tallies.entries()].map(([id, tally]) => [id, { ...tally, groups: counts.get(tally) ?? 0 }]),
      )
    },

    close() {
      void checks.close()
      forgetRecovery()
      for (const [topic, held] of live) drop(topic, held)
      for (const ticker of pulses.values()) ticker.close()
      for (const { ticker, unwatch } of currents.values()) {
        unwatch()
        ticker.close()
      }
      for (const { feed, tickers } of lists.values()) {
        feed.close()
        for (const { ticker } of tickers.values()) ticker.close()
      }
    },
  }
}

/** A subscriber whose payloads pass a gate. Its viewer stays the live one of the subscriber behind it. */
class GatedSubscriber implements Subscriber {
  readonly sink: Gate
  readonly #from: Subscriber

  constructor(from: Subscriber, sink: Gate) {
    this.#from = from
    this.sink = sink
  }

  get selection(): Subscriber['selection'] {
    return this.#from.selection
  }

  get viewer(): Viewer | null {
    return this.#from.viewer
  }
}

function noLongerAllowed(): GraphQLError {
  return new GraphQLError('You no longer have access.', { extensions: { code: 'FORBIDDEN' } })
}

function tooMuchWaits(): GraphQLError {
  return new GraphQLError('The server cannot keep up with this subscription. Subscribe again.', {
    extensions: { code: 'UNAVAILABLE' },
  })
}
