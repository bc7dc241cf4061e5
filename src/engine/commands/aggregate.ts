import type { Entry } from '../history/entry.ts'
import type { Actor } from '../kernel/actor.ts'
import type { Decision } from '../kernel/decision.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { allSettled } from '../storage/all-settled.ts'
import type { Transaction } from '../storage/database.ts'
import type { Command } from './command.ts'

/** The time and position of a decision: the batch's time, and the offset of the next entry. */
export interface DecisionContext {
  readonly now: Instant
  readonly next: Offset
}

/** One decided event. `offset` is null for a private event, which is stored but never becomes an entry. */
export interface RecordedEvent<Event> {
  readonly event: Event
  readonly offset: Offset | null
  readonly actor: Actor
  /** The index of its command in the batch. */
  readonly command: number
}

/** The changes that a batch made to one aggregate. */
export interface AggregateChange<State, Event> {
  readonly topic: Topic
  readonly now: Instant
  readonly before: State
  readonly after: State
  readonly steps: readonly RecordedEvent<Event>[]
}

/** The writes of a batch outside its own topic, and the state that the next batch may start from. */
export interface Saved<State> {
  /** Entries of other topics (see `appendEntries`); announced with the batch. */
  readonly elsewhere: readonly Entry[]
  /** Passed to the next `load`, unless another node has written to the topic meanwhile. Undefined: load everything again. */
  readonly cached: State | undefined
}

/** No writes elsewhere, no cached state. */
export const SAVED: Saved<never> = { elsewhere: [], cached: undefined }

/** A request for the state that the commands of one topic need. */
export interface LoadRequest<Body, State> {
  readonly topic: Topic
  readonly commands: readonly Command<Body>[]
  /** The state that `save` last returned: still valid for the topic itself, but not for data that other topics may change. */
  readonly cached: State | undefined
}

/**
 * A pure decider and the mapping of its events to the history. `State` is what the current commands need; deciding
 * happens under the topic's row lock, so the topic's own state does not change between loading and saving.
 */
export interface Rules<Body, Reply, State, Event, View> {
  /** The topics that a command creates, its own first. Empty for all commands but creations. */
  topicsBegunBy(command: Command<Body>): readonly Topic[]
  decide(state: State, command: Command<Body>, context: DecisionContext): Decision<Event, Reply>
  evolve(state: State, event: Event, context: DecisionContext): State
  /** The entry for an event, with the state right after it. Undefined for a private event. */
  entryOf(event: Event, after: State): { readonly type: string; readonly data: object } | undefined
  /** The view of the state right after an accepted command, for its caller. */
  viewOf(after: State, reply: Reply): View
  /**
   * Whether loading locks rows that `cached` names. If `cached` turns out to be stale, those locks are released before the right
   * ones are taken: two transactions that wait for each other's locks would be stuck for a second. Omit if it never does.
   */
  locksByCached?(cached: State): boolean
}

/** Connects rules to the database, one topic per transaction. */
export interface Aggregate<Body, Reply, State, Event, View> extends Rules<Body, Reply, State, Event, View> {
  load(tx: Transaction, request: LoadRequest<Body, State>): Promise<State>
  /**
   * Writes the read models and related changes in other topics. Called only with at least one
   * event, concurrently with writing the entries: statements that do not depend on each other are sent without waiting.
   */
  save(tx: Transaction, change: AggregateChange<State, Event>): Promise<Saved<State>>
}

/**
 * Like Aggregate, for several topics in one transaction: many topics with few commands each share the cost of a
 * transaction. Rows other than those of the topics are locked in one global order.
 */
export interface BatchAggregate<Body, Reply, State, Event, View>
  extends Rules<Body, Reply, State, Event, View> {
  /** A state for each request, in order. */
  loadAll(tx: Transaction, requests: readonly LoadRequest<Body, State>[]): Promise<readonly State[]>
  /** As `save`, in the order of `changes`. */
  saveAll(
    tx: Transaction,
    changes: readonly AggregateChange<State, Event>[],
  ): Promise<readonly Saved<State>[]>
}

/** Adapts `aggregate` to several topics, which are loaded and saved one at a time. */
export function asBatchAggregate<Body, Reply, State, Event, View>(
  aggregate: Aggregate<Body, Reply, State, Event, View>,
): BatchAggregate<Body, Reply, State, Event, View> {
  return {
    ...aggregate,
    loadAll: (tx, requests) => allSettled(requests.map((request) => aggregate.load(tx, request))),
    saveAll: (tx, changes) => allSettled(changes.map((change) => aggregate.save(tx, change))),
  }
}
