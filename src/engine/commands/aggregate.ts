import type { Entry } from '../history/entry.ts'
import type { Actor } from '../kernel/actor.ts'
import type { Decision } from '../kernel/decision.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { allSettled } from '../storage/all-settled.ts'
import type { Transaction } from '../storage/database.ts'
import type { Command } from './command.ts'

/** When and where a decision is made: the batch's instant, and the offset that the next entry gets. */
export interface DecisionContext {
  readonly now: Instant
  readonly next: Offset
}

/** One event as it was decided. `offset` is null for a private event, which is stored but never an entry. */
export interface RecordedEvent<Event> {
  readonly event: Event
  readonly offset: Offset | null
  readonly actor: Actor
  /** The command that it belongs to, by its index in the batch. */
  readonly command: number
}

/** What a batch did to one aggregate. */
export interface AggregateChange<State, Event> {
  readonly topic: Topic
  readonly now: Instant
  readonly before: State
  readonly after: State
  readonly steps: readonly RecordedEvent<Event>[]
}

/** What a batch wrote outside its own topic, and the state that the next one may begin with. */
export interface Saved<State> {
  /** Entries of other topics (see `appendEntries`); announced with the batch. */
  readonly elsewhere: readonly Entry[]
  /** Given to the next `load`, unless the topic was written to elsewhere meanwhile. Undefined: load all again. */
  readonly cached: State | undefined
}

/** Nothing elsewhere, nothing cached. */
export const SAVED: Saved<never> = { elsewhere: [], cached: undefined }

/** The state that the commands of one topic need. */
export interface LoadRequest<Body, State> {
  readonly topic: Topic
  readonly commands: readonly Command<Body>[]
  /** What `save` returned last: still valid for the topic itself, not for what other topics may change. */
  readonly cached: State | undefined
}

/**
 * A pure decider, and what its events are to the history. `State` is what the commands at hand need to know; deciding
 * happens under the topic's row lock, so nothing of the topic's own changes between loading and saving.
 */
export interface Rules<Body, Reply, State, Event, View> {
  /** The topics that a command brings into being, its own first; none for all but creation. */
  topicsBegunBy(command: Command<Body>): readonly Topic[]
  decide(state: State, command: Command<Body>, context: DecisionContext): Decision<Event, Reply>
  evolve(state: State, event: Event, context: DecisionContext): State
  /** The entry that an event becomes, with the state right after it; undefined for a private event. */
  entryOf(event: Event, after: State): { readonly type: string; readonly data: object } | undefined
  /** What the caller of an accepted command gets to see of the state right after it. */
  viewOf(after: State, reply: Reply): View
  /**
   * Whether loading locks rows that `cached` names. If that turns out to be stale, the locks are released before the right
   * ones are taken: two transactions that wait for each other's locks would be stuck for a second. Omit if it never does.
   */
  locksByCached?(cached: State): boolean
}

/** Connects rules to the database, one topic per transaction. */
export interface Aggregate<Body, Reply, State, Event, View> extends Rules<Body, Reply, State, Event, View> {
  load(tx: Transaction, request: LoadRequest<Body, State>): Promise<State>
  /**
   * Writes the read models, and what must change with them in other topics. Called only where there is at least one
   * event, and while the entries are written: statements that need no other statement's answer are sent without waiting.
   */
  save(tx: Transaction, change: AggregateChange<State, Event>): Promise<Saved<State>>
}

/**
 * The same for several topics in one transaction: where many topics have few commands each, they share the cost of a
 * transaction. Rows other than the topics' are locked in an order that is the same for all.
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

/** `aggregate` as one that takes several topics: it loads and saves them one at a time. */
export function asBatchAggregate<Body, Reply, State, Event, View>(
  aggregate: Aggregate<Body, Reply, State, Event, View>,
): BatchAggregate<Body, Reply, State, Event, View> {
  return {
    ...aggregate,
    loadAll: (tx, requests) => allSettled(requests.map((request) => aggregate.load(tx, request))),
    saveAll: (tx, changes) => allSettled(changes.map((change) => aggregate.save(tx, change))),
  }
}
