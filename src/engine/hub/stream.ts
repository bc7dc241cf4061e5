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
import { type CursorPosition, decodeCursor, encodeCursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import { asOffset, BEGINNING, type Epoch, type Offset, type Position } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import type { Payload, Subscriber } from './delivery.ts'
import type { Feed, FeedListener } from './feed.ts'
import { Group } from './group.ts'
import { Past } from './history-pages.ts'
import { type Presented, Presenter } from './presenter.ts'
import type { Admission, Item, Reader } from './reader.ts'
import type { Recent } from './recent.ts'
import type { RenderCounters } from './renderer.ts'
import { inTurns } from './replay-chunks.ts'
import type { HistoryPlan, Part, PresentedEvent, Snapshot, Source } from './source.ts'
import type { TimeSlices } from './time-slices.ts'
import type { SightWatch } from './visibility-watch.ts'

/** Why a reader was told to start over. */
export type ResetReason = 'epoch' | 'trimmed' | 'ahead' | 'discontinuity' | 'rights'

export interface StreamEvents extends RenderCounters {
  /** A reader began with a replay from its cursor. */
  onReplay(): void
  onReset(reason: ResetReason): void
  /** A fault of ours; returns the error that readers are shown. Counts entries that could not be presented. */
  onFault(error: unknown): GraphQLError
}

/** A shared snapshot serves everybody who comes within this time, unless something was written meanwhile. */
const SNAPSHOT_FRESH_MS = 200

/** A snapshot as a reader who begins with it gets it. */
interface Beginning {
  readonly position: CursorPosition
  readonly event: PresentedEvent & object
}

interface SharedBeginning {
  readonly takenAt: number
  readonly head: Offset
  readonly beginning: Promise<Beginning>
}

/**
 * One topic's history with what it means, for all its subscribers on this node. A reader begins with a snapshot
 * or its cursor, catches up alone, and joins its group at exactly the position where the group stands.
 */
export class Stream implements FeedListener {
  readonly #topic: Topic
  readonly #source: Source
  readonly #presenter: Presenter
  readonly #feed: Feed
  readonly #history: History
  readonly #events: StreamEvents
  readonly #groups = new Map<string, Group>()
  readonly #readers = new Set<Reader>()
  readonly #recent: Recent
  /** Everything up to here was handed to the groups. */
  #head: Offset
  #generation = 0
  #preparing: Promise<void> | undefined
  #shared: SharedBeginning | undefined
  #past: Past
  /** How often entries that were handed out before have been rewritten. */
  #rewrites = 0
  /** What readers were shown of a fault: those who share it share its error id, and it is logged once. */
  readonly #shown = new WeakMap<object, GraphQLError>()
  readonly #slices: TimeSlices
  readonly #tracing: Tracing
  #sight: Pick<SightWatch, 'include'> | undefined

  constructor(
    topic: Topic,
    source: Source,
    feed: Feed,
    history: History,
    events: StreamEvents,
    slices: TimeSlices,
    recent: Recent,
    tracing = NO_TRACING,
  ) {
    this.#topic = topic
    this.#source = source
    this.#presenter = new Presenter(topic, source)
    this.#feed = feed
    this.#history = history
    this.#events = events
    this.#head = feed.head
    this.#past = this.#pastOf(feed.epoch)
    this.#slices = slices
    this.#recent = recent
    this.#tracing = tracing
  }

  /** What makes sure, before an entry is delivered, that no change of who sees it is missed from then on. */
  watchSight(sight: Pick<SightWatch, 'include'>): void {
    this.#sight = sight
  }

  /** The sight of those that `isConcerned` names may have changed: they get a snapshot with `reset: true`. */
  restart(isConcerned: (viewer: Viewer | null) => boolean): void {
    for (const reader of [...this.#readers]) {
      if (!isConcerned(reader.subscriber.viewer)) continue
      reader.isStale = true
      const group = this.#groups.get(reader.subscriber.selection.key)
      // Whoever is no member is catching up, and finds out there.
      if (group?.members.remove(reader) === true)
        this.#catchUp(reader, group).catch((error: unknown) => this.#end(reader, error))
    }
  }

  get isEmpty(): boolean {
    return this.#readers.size === 0
  }

  /** How many readers each group has. */
  *groupSizes(): Iterable<number> {
    for (const { size } of this.#groups.values()) yield size
  }

  /** The connections with a reader such as `isMeant` says. */
  countConnections(isMeant: (viewer: Viewer | null) => boolean): number {
    const found = new Set<object>()
    for (const { subscriber, connection } of this.#readers) {
      if (isMeant(subscriber.viewer)) found.add(connection)
    }
    return found.size
  }

  /** Serves a reader from `after` on, until the returned function is called or the sink was ended. */
  open(
    { subscriber, connection, part }: Pick<Reader, 'subscriber' | 'connection' | 'part'>,
    after: string | null,
    startsOver = false,
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
    // Whoever resumes has the entry read and presented anew: the cause may be gone by then.
    if (error instanceof UnreadableEntry) this.#recent.clear()
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
      this.#hand(entries, this.#presenter.present(entries, []), this.#admissionBy(undefined), span)
    } else this.#queue(entries, span)
  }

  #spanOf(entries: readonly Entry[], trace: TraceParent): Span | undefined {
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return undefined
    const range = { topic: this.#topic, first: first.offset, last: last.offset }
    return this.#tracing.start(deliverySpan(range, trace))
  }

  /** What was heard no longer leads to what comes: everybody starts over, and is told so. */
  onDiscontinuity(): void {
    this.#forgetItems()
    this.#head = this.#feed.head
    this.#generation += 1
    this.#flush()
    this.#sendMembersToCatchUp()
  }

  /** Something threw while entries were handed out: the members go on from the history, each from what it has had. */
  onFault(): void {
    this.#leaveToHistory(this.#feed.head)
  }

  /**
   * Entries up to `last` can't be handed to the groups. Each member goes on alone, from the history, and so gets all that can
   * be presented; what can't ends it.
   */
  #leaveToHistory(last: Offset): void {
    this.#forgetItems()
    if (last > this.#head) this.#head = last
    this.#flush()
    this.#sendMembersToCatchUp()
  }

  /** What is held of earlier entries may no longer be what the history says. */
  #forgetItems(): void {
    this.#rewrites += 1
    this.#recent.clear()
    this.#shared = undefined
    this.#past = this.#pastOf(this.#feed.epoch)
  }

  /** Readers who are still catching up find out by themselves. */
  #sendMembersToCatchUp(): void {
    for (const group of this.#groups.values()) {
      // Some join again at once.
      for (const reader of group.members.takeAll()) {
        this.#catchUp(reader, group).catch((error: unknown) => this.#end(reader, error))
      }
    }
  }

  /**
   * One after another, so that a slow preparation does not let later entries overtake. What was prepared when its history was
   * replaced by another belongs to no one any more.
   */
  #queue(entries: readonly Entry[], span?: Span): void {
    const generation = this.#generation
    const task = async (): Promise<void> => {
      const presented = this.#presenter.present(entries, await this.#presenter.prepare(entries))
      await this.#sight?.include(presented.items.map(({ event }) => event))
      const isFor = await this.#admissionTo(presented.items)
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
    // What is not new was left to the history.
    if (last === undefined || last.offset <= this.#head) {
      span?.end()
      return
    }
    this.#head = items.at(-1)?.offset ?? this.#head
    this.#recent.add(items)
    let sent = 0
    for (const group of this.#groups.values()) sent += group.deliver(items, isFor)
    if (sent > 0) for (const { at } of items) this.#events.onLive(at)
    if (items.some(({ event }) => this.#source.rewritesHistory?.(event))) this.#forgetItems()
    if (fault !== undefined) this.#leaveToHistory(last.offset)
    if (span !== undefined) this.#endWhenRendered(span, sent)
  }

  /** Groups whose rendering takes time are waited for; what they hand out then is not counted. */
  #endWhenRendered(span: Span, sent: number): void {
    span.set({ 'rostrum.groups': this.#groups.size, 'rostrum.deliveries': sent })
    const late = [...this.#groups.values()].map((group) => group.late).filter((each) => each !== undefined)
    if (late.length === 0) span.end()
    else void Promise.allSettled(late).then(() => span.end())
  }

  /** Reads now who may see `items`. An item outlives the rights that it was sent by: it holds none. */
  #admissionTo(items: readonly Item[]): Promise<Admission> | Admission {
    const events = items.map(({ event }) => event)
    const access = this.#source.access?.(this.#topic, events)
    return access instanceof Promise
      ? access.then((read) => this.#admissionBy(read))
      : this.#admissionBy(access)
  }

  #admissionBy(access: unknown): Admission {
    return ({ event }, { subscriber, part }) =>
      (part === undefined || part.has(event)) &&
      (this.#source.sees?.(event, access, subscriber.viewer) ?? true)
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
    const group = new Group(subscriber, isOpen, this.#events, (error, reader) => this.#end(reader, error))
    this.#groups.set(key, group)
    return group
  }

  async #begin(
    reader: Reader,
    group: Group,
    { after, startsOver }: Required<Pick<HistoryPlan, 'after' | 'startsOver'>>,
  ): Promise<void> {
    if (startsOver === true) this.#events.onReset('rights')
    if (after === null) await this.#sendSnapshot(reader, group, startsOver === true)
    else await this.#resume(reader, group, after)
    await this.#catchUp(reader, group)
  }

  async #resume(reader: Reader, group: Group, after: string): Promise<void> {
    const position = decodeCursor(this.#topic, after)
    if (position === undefined) throw cursorInvalid()
    // The answer to a mutation may be here before its announcement: look before calling the cursor unknown.
    if (position.epoch === this.#feed.epoch && position.offset > this.#feed.head) await this.#feed.check()
    await this.#preparing
    const reason = this.#resetReasonFor(position) ?? (await this.#rightsReasonFor(reader, position))
    if (reason === undefined) {
      this.#events.onReplay()
      reader.position = position.offset
    } else {
      this.#events.onReset(reason)
      await this.#sendSnapshot(reader, group, true)
    }
  }

  /** Why a reader can't go on from `position`; undefined where it can, as far as this node knows. */
  #resetReasonFor({ epoch, offset }: Position): ResetReason | undefined {
    if (epoch !== this.#feed.epoch) return 'epoch'
    if (offset > this.#feed.head) return 'ahead'
    // What the record has forgotten may be at hand here and not on the next node: all say the same.
    return offset < this.#feed.floor ? 'trimmed' : undefined
  }

  /** Whether the reader, while away, came to see other things than the state that the cursor stands for. */
  async #rightsReasonFor(
    { subscriber: { viewer } }: Reader,
    position: CursorPosition,
  ): Promise<'rights' | undefined> {
    const { sight } = this.#source
    if (sight === undefined) return undefined
    const since = position.seenAt ?? (await this.#writtenAt(position.offset))
    const isSame = since !== undefined && !(await sight.changedSince(this.#topic, viewer, since))
    return isSame ? undefined : 'rights'
  }

  /** When the entry was written; undefined where it is forgotten. */
  async #writtenAt(offset: Offset): Promise<Instant | undefined> {
    if (offset === BEGINNING) return undefined
    const before = asOffset(offset - 1)
    const [item] = this.#recent.after(before) ?? (await this.#past.after(before)) ?? []
    return item?.offset === offset ? item.at : undefined
  }

  /** Brings a reader to where its group stands, then makes it a member. */
  async #catchUp(reader: Reader, group: Group): Promise<void> {
    while (!reader.isEnded) {
      if (reader.generation !== this.#generation || reader.isStale) {
        this.#events.onReset(reader.isStale ? 'rights' : 'discontinuity')
        await this.#sendSnapshot(reader, group, true)
        continue
      }
      // No await between this look and joining: nothing can come in between.
      if (reader.position >= this.#head) {
        group.members.add(reader)
        return
      }
      const rewrites = this.#rewrites
      const items = this.#recent.after(reader.position) ?? (await this.#past.after(reader.position))
      if (items === undefined) {
        this.#events.onReset('trimmed')
        await this.#sendSnapshot(reader, group, true)
      } else await this.#sendItems(reader, group, items, rewrites)
    }
  }

  /** `rewrites`: the count when `items` were taken. Stops where it has grown: the rest is read again. */
  async #sendItems(reader: Reader, group: Group, items: readonly Item[], rewrites: number): Promise<void> {
    for (const some of inTurns(items)) {
      let left = some
      while (left.length > 0 && !reader.isEnded) {
        await this.#slices.next()
        if (rewrites !== this.#rewrites) return
        left = await this.#sendSome(reader, group, left, rewrites)
      }
    }
  }

  /**
   * Sends `items`, and returns those that are left: where the reader's socket was full meanwhile, rights or entries may
   * have changed, and are read again for the rest.
   */
  async #sendSome(
    reader: Reader,
    group: Group,
    items: readonly Item[],
    rewrites: number,
  ): Promise<readonly Item[]> {
    const { sink } = reader.subscriber
    const isFor = group.isOpen ? undefined : await this.#admissionTo(items)
    const due = isFor === undefined ? items : items.filter((item) => isFor(item, reader))
    const portions = await this.#portionsOf(group, due)
    if (portions === undefined) {
      // One of them can't be rendered: the reader gets those before it.
      const middle = Math.ceil(items.length / 2)
      const left = await this.#sendSome(reader, group, items.slice(0, middle), rewrites)
      return [...left, ...items.slice(middle)]
    }
    if (rewrites !== this.#rewrites) return items
    let sent = 0
    for (const payload of portions) {
      if (reader.isEnded) return []
      sink.send(payload)
      sent += payload.results.length
      this.#events.onDelivery(payload.results.length)
      if (!sink.isCongested()) continue
      await sink.drained()
      const last = due[sent - 1]
      const isUnchanged = group.isOpen && rewrites === this.#rewrites
      if (isUnchanged || last === undefined) continue
      reader.position = last.offset
      return items.filter(({ offset }) => offset > last.offset)
    }
    reader.position = items.at(-1)?.offset ?? reader.position
    return []
  }

  /** Undefined where not all of `items` can be rendered; throws where the only one can't. */
  async #portionsOf(group: Group, items: readonly Item[]): Promise<readonly Payload[] | undefined> {
    try {
      return await group.portions.of(items)
    } catch (error) {
      if (items.length > 1) return undefined
      throw error
    }
  }

  #pastOf(epoch: Epoch): Past {
    return new Past(async (offset, limit) => {
      return this.#presenter.presentAll(await this.#history.readAfter(this.#topic, { epoch, offset }, limit))
    })
  }

  async #sendSnapshot(reader: Reader, group: Group, reset: boolean): Promise<void> {
    const { renderer } = group
    reader.isStale = false
    const generation = this.#generation
    const rewrites = this.#rewrites
    const { position, event } = await this.#beginningFor(reader)
    const cursor = encodeCursor(this.#topic, position)
    const rendered = reset ? renderer.renderOnce({ ...event, reset }, cursor) : renderer.render(event, cursor)
    const payload = await rendered
    if (reader.isEnded) return
    if (rewrites !== this.#rewrites && generation === this.#generation) {
      await this.#sendSnapshot(reader, group, reset)
      return
    }
    reader.subscriber.sink.send(payload)
    this.#events.onDelivery(1)
    reader.position = position.offset
    reader.generation = generation
  }

  #beginningFor({ subscriber, part }: Reader): Promise<Beginning> {
    if (part !== undefined) return this.#begunBy(part.snapshot(this.#topic, subscriber.viewer))
    const begin = () => this.#begunBy(this.#source.snapshot(this.#topic, subscriber.viewer))
    if (!this.#source.isSnapshotShared) return begin()
    const now = Date.now()
    const shared = this.#shared
    if (shared !== undefined && shared.head === this.#head && now - shared.takenAt < SNAPSHOT_FRESH_MS) {
      return shared.beginning
    }
    const beginning = begin()
    this.#shared = { takenAt: now, head: this.#head, beginning }
    beginning.catch(() => {
      this.#shared = undefined
    })
    return beginning
  }

  async #begunBy(taken: Promise<Snapshot>): Promise<Beginning> {
    const { position: reached, at, state } = await taken
    const position = this.#source.sight === undefined ? reached : { ...reached, seenAt: at }
    const about = { type: this.#source.snapshotType, topic: this.#topic, position, at }
    return { position, event: { ...state, ...about, ...{ reset: false } } }
  }
}

function cursorInvalid(): GraphQLError {
  return new GraphQLError('The cursor in `after` is not one of this topic.', {
    extensions: { code: 'CURSOR_INVALID' },
  })
}
