// Over 300 lines: the invariants of one topic hold across its methods, which share its private state.

import { GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import { deliverySpan } from '../../platform/tracing/spans.ts'
import {
  NO_TRACING,
  type Span,
  type TraceParent,
  type Tracing,
  typeOf,
} from '../../platform/tracing/tracing.ts'
import type { Entry } from '../history/entry.ts'
import type { History } from '../history/history.ts'
import { decodeCursor } from '../kernel/cursor.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import { admissionBy, admissionTo } from './access.ts'
import { CatchUp } from './catch-up.ts'
import type { Subscriber } from './delivery.ts'
import type { Feed, FeedListener } from './feed.ts'
import { Group } from './group.ts'
import { type Presented, Presenter } from './presenter.ts'
import type { Admission, Reader } from './reader.ts'
import type { Recent } from './recent.ts'
import { cursorInvalid, resetReasonFor } from './resume.ts'
import { Snapshots } from './snapshots.ts'
import type { HistoryPlan, Part, Source } from './source.ts'
import type { StreamEvents, StreamPosition } from './stream-events.ts'
import type { TimeSlices } from './time-slices.ts'
import { TopicItems } from './topic-items.ts'
import type { VisibilityWatch } from './visibility-watch.ts'

export interface StreamOptions {
  readonly topic: Topic
  readonly source: Source
  readonly feed: Feed
  readonly history: History
  readonly events: StreamEvents
  readonly slices: TimeSlices
  readonly recent: Recent
  readonly tracing?: Tracing | undefined
}

/**
 * Serves one topic's history to all its subscribers on this node. A reader begins with a snapshot
 * or its cursor, catches up alone, and joins its group at exactly the group's position.
 */
export class Stream implements FeedListener, StreamPosition {
  readonly #topic: Topic
  readonly #source: Source
  readonly #presenter: Presenter
  readonly #feed: Feed
  readonly #events: StreamEvents
  readonly #tracing: Tracing
  readonly #groups = new Map<string, Group>()
  readonly #readers = new Set<Reader>()
  readonly #items: TopicItems
  readonly #snapshots: Snapshots
  readonly #catchUp: CatchUp
  #head: Offset
  #generation = 0
  #preparing: Promise<void> | undefined
  #visibility: Pick<VisibilityWatch, 'include'> | undefined
  /** Readers ended by one fault share its error id, and it is logged once. */
  readonly #shown = new WeakMap<object, GraphQLError>()

  constructor(options: StreamOptions) {
    const { topic, source, feed, history, events, slices, recent, tracing = NO_TRACING } = options
    this.#topic = topic
    this.#source = source
    this.#presenter = new Presenter(topic, source)
    this.#feed = feed
    this.#events = events
    this.#tracing = tracing
    this.#head = feed.head
    const items = new TopicItems({ topic, feed, history, presenter: this.#presenter, recent })
    this.#items = items
    this.#snapshots = new Snapshots({ topic, source, stream: this, items, events })
    this.#catchUp = new CatchUp({
      ...{ topic, source, stream: this, items, slices, events },
      snapshots: this.#snapshots,
    })
  }

  get head(): Offset {
    return this.#head
  }

  get generation(): number {
    return this.#generation
  }

  /** Sets the watch that ensures, before an entry is delivered, that no later change of its visibility is missed. */
  watchVisibility(visibility: Pick<VisibilityWatch, 'include'>): void {
    this.#visibility = visibility
  }

  /** The visibility for these viewers may have changed: they receive a snapshot with `reset: true`. */
  restart(isConcerned: (viewer: Viewer | null) => boolean): void {
    for (const reader of [...this.#readers]) {
      if (!isConcerned(reader.subscriber.viewer)) continue
      reader.isStale = true
      const group = this.#groups.get(reader.subscriber.selection.key)
      // A reader that is not a member is catching up and detects it there.
      if (group?.members.remove(reader) === true) this.#sendToCatchUp(reader, group)
    }
  }

  get isEmpty(): boolean {
    return this.#readers.size === 0
  }

  /** Number of readers of each group. */
  *groupSizes(): Iterable<number> {
    for (const { size } of this.#groups.values()) yield size
  }

  /** Number of connections with a reader whose viewer matches. */
  countConnections(isMatch: (viewer: Viewer | null) => boolean): number {
    const found = new Set<object>()
    for (const { subscriber, connection } of this.#readers) {
      if (isMatch(subscriber.viewer)) found.add(connection)
    }
    return found.size
  }

  /** Serves a reader from `after` on, until the returned function is called or the sink is ended. */
  open(
    { subscriber, connection, part }: Pick<Reader, 'subscriber' | 'connection' | 'part'>,
    { after, startsOver = false }: Pick<HistoryPlan, 'after' | 'startsOver'>,
  ): () => void {
    const group = this.#groupFor(subscriber, part)
    const reader: Reader = {
      subscriber,
      part,
      position: this.#head,
      generation: this.#generation,
      isEnded: false,
      isStale: false,
      connection,
      end(error) {
        if (reader.isEnded) return
        leave()
        subscriber.sink.end(error)
      },
    }
    group.size += 1
    this.#readers.add(reader)
    const leave = (): void => {
      if (reader.isEnded) return
      reader.isEnded = true
      this.#readers.delete(reader)
      group.remove(reader)
      group.size -= 1
      if (group.size === 0) this.#groups.delete(subscriber.selection.key)
    }
    this.#begin(reader, group, { after, startsOver }).catch((error: unknown) => this.#end(reader, error))
    return leave
  }

  #end(reader: Reader, error: unknown): void {
    // The entry is read and presented again for a reader that resumes, because the cause may be gone by then.
    if (error instanceof UnreadableEntry) this.#items.recent.clear()
    if (!reader.isEnded) reader.end(this.#shownFor(error))
  }

  #shownFor(error: unknown): GraphQLError {
    if (error instanceof GraphQLError) return error
    if (!(error instanceof Error)) return this.#events.onFault(error)
    const shown = this.#shown.get(error) ?? this.#events.onFault(error)
    this.#shown.set(error, shown)
    return shown
  }

  onEntries(entries: readonly Entry[], trace?: TraceParent): void {
    const span = trace === undefined ? undefined : this.#spanOf(entries, trace)
    const isReadAtOnce = !this.#presenter.needsPreparation && this.#source.access === undefined
    if (isReadAtOnce && this.#preparing === undefined) {
      this.#hand(entries, this.#presenter.present(entries, []), admissionBy(this.#source, undefined), span)
    } else this.#queue(entries, span)
  }

  #spanOf(entries: readonly Entry[], trace: TraceParent): Span | undefined {
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return undefined
    const range = { topic: this.#topic, first: first.offset, last: last.offset }
    return this.#tracing.start(deliverySpan(range, trace))
  }

  /** The history no longer continues the delivered entries: every reader receives a snapshot with `reset: true`. */
  onDiscontinuity(): void {
    this.#forgetItems()
    this.#head = this.#feed.head
    this.#generation += 1
    this.#flush()
    this.#sendMembersToCatchUp()
  }

  /** Delivering entries threw: each member continues from the history at its own position. */
  onFault(): void {
    this.#leaveToHistory(this.#feed.head)
  }

  /**
   * Entries up to `last` can't be delivered to the groups. Each member continues alone from the history and so receives all
   * entries that can be presented; one that can't ends it.
   */
  #leaveToHistory(last: Offset): void {
    this.#forgetItems()
    if (last > this.#head) this.#head = last
    this.#flush()
    this.#sendMembersToCatchUp()
  }

  /** Cached entries may no longer match the history. */
  #forgetItems(): void {
    this.#items.forget()
    this.#snapshots.forget()
  }

  /** Readers who are still catching up detect it themselves. */
  #sendMembersToCatchUp(): void {
    for (const group of this.#groups.values()) {
      // Some rejoin at once.
      for (const reader of group.members.takeAll()) this.#sendToCatchUp(reader, group)
    }
  }

  #sendToCatchUp(reader: Reader, group: Group): void {
    this.#catchUp.run(reader, group).catch((error: unknown) => this.#end(reader, error))
  }

  /**
   * Runs one batch after another, so that later entries do not overtake a slow preparation. Entries whose history was
   * replaced during their preparation are dropped.
   */
  #queue(entries: readonly Entry[], span?: Span): void {
    const generation = this.#generation
    const task = async (): Promise<void> => {
      const presented = this.#presenter.present(entries, await this.#presenter.prepare(entries))
      await this.#visibility?.include(presented.items.map(({ event }) => event))
      const isFor = await admissionTo(presented.items, this.#topic, this.#source)
      if (generation === this.#generation) this.#hand(entries, presented, isFor, span)
      else span?.end()
    }
    const work = (this.#preparing ?? Promise.resolve()).then(task).catch((error: unknown) => {
      span?.fail(typeOf(error))
      span?.end()
      const last = entries.at(-1)
      if (generation === this.#generation && last !== undefined) this.#leaveToHistory(last.offset)
    })
    this.#preparing = work
    void work.then(() => {
      if (this.#preparing === work) this.#preparing = undefined
    })
  }

  #hand(entries: readonly Entry[], { items, fault }: Presented, isFor: Admission, span?: Span): void {
    const last = entries.at(-1)
    // Older entries were left to the history.
    if (last === undefined || last.offset <= this.#head) {
      span?.end()
      return
    }
    this.#head = items.at(-1)?.offset ?? this.#head
    this.#items.recent.add(items)
    let sent = 0
    for (const group of this.#groups.values()) sent += group.deliver(items, isFor)
    if (sent > 0) for (const { at } of items) this.#events.onLive(at)
    if (items.some(({ event }) => this.#source.rewritesHistory?.(event))) this.#forgetItems()
    if (fault !== undefined) this.#leaveToHistory(last.offset)
    if (span !== undefined) this.#endWhenRendered(span, sent)
  }

  /** Waits for groups that render asynchronously; their results are not counted here. */
  #endWhenRendered(span: Span, sent: number): void {
    span.set({ 'rostrum.groups': this.#groups.size, 'rostrum.deliveries': sent })
    const late = [...this.#groups.values()].map((group) => group.late).filter((each) => each !== undefined)
    if (late.length === 0) span.end()
    else void Promise.allSettled(late).then(() => span.end())
  }

  #flush(): void {
    for (const group of this.#groups.values()) group.flush()
  }

  #groupFor(subscriber: Subscriber, part: Part | undefined): Group {
    const { key } = subscriber.selection
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    // Readers with equal selections have equal parts.
    const isOpen = part === undefined && this.#source.sees === undefined
    const group = new Group({
      ...{ subscriber, isOpen, counters: this.#events },
      onFault: (error, reader) => this.#end(reader, error),
    })
    this.#groups.set(key, group)
    return group
  }

  async #begin(
    reader: Reader,
    group: Group,
    { after, startsOver }: Required<Pick<HistoryPlan, 'after' | 'startsOver'>>,
  ): Promise<void> {
    if (startsOver === true) this.#events.onReset('rights')
    if (after === null) await this.#snapshots.send(reader, group, { isReset: startsOver === true })
    else await this.#resume(reader, group, after)
    await this.#catchUp.run(reader, group)
  }

  async #resume(reader: Reader, group: Group, after: string): Promise<void> {
    const position = decodeCursor(this.#topic, after)
    if (position === undefined) throw cursorInvalid()
    const feed = this.#feed
    // A client may know the result of a mutation before its announcement arrives here: check before rejecting the cursor as unknown.
    if (position.epoch === feed.epoch && position.offset > feed.head) await feed.check()
    await this.#preparing
    const reason = await resetReasonFor(position, reader.subscriber.viewer, {
      ...{ feed, topic: this.#topic, source: this.#source, items: this.#items },
    })
    if (reason === undefined) {
      this.#events.onReplay()
      reader.position = position.offset
    } else {
      this.#events.onReset(reason)
      await this.#snapshots.send(reader, group, { isReset: true })
    }
  }
}
