import type { Entry } from '../history/entry.ts'
import type { Actor } from '../kernel/actor.ts'
import type { Decision } from '../kernel/decision.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { allSettled } from '../storage/all-settled.ts'
import type { Transaction } from '../storage/database.ts'
import type { Command } from './command.ts'

/** The moment of a decision: the batch's instant, and the offset that the next entry gets. */
export interface Moment {
  readonly now: Instant
  readonly next: Offset
}

/** One event as it was decided; `offset` is null for a private one, which is stored but never an entry. */
export interface Step<Event> {
  readonly event: Event
  readonly offset: Offset | null
  readonly actor: Actor
  /** The command that it belongs to, by its place in the batch. */
  readonly command: number
}

/** What a batch did to one aggregate. */
export interface Change<State, Event> {
  readonly topic: Topic
  readonly now: Instant
  readonly before: State
  readonly after: State
  readonly steps: readonly Step<Event>[]
}

/** What a batch wrote beside its own topic, and what the next one may begin with. */
export interface Saved<State> {
  /** Entries of other topics (see `appendEntries`); announced with the batch. */
  readonly elsewhere: readonly Entry[]
  /**
   * What `load` is given the next time, where nobody else has written to the topic meanwhile. Undefined where all is to
   * be loaded again.
   */
  readonly kept: State | undefined
}

/** Nothing elsewhere, nothing kept. */
export const SAVED: Saved<never> = { elsewhere: [], kept: undefined }

/** What the commands of one topic may have to know. */
export interface Asked<Body, State> {
  readonly topic: Topic
  readonly commands: readonly Command<Body>[]
  /** What `save` had kept; true still of the topic's own, not of what other topics may change. */
  readonly kept: State | undefined
}

/**
 * A pure decider, and what its events are to the history. `State` is what the commands at hand need to know; deciding
 * happens under the topic's row lock, so nothing of the topic's own changes between loading and saving.
 */
export interface Rules<Body, Reply, State, Event, View> {
  /** The topics that a command brings into being, its own first; none for all but creation. */
  topicsBegunBy(command: Command<Body>): readonly Topic[]
  decide(state: State, command: Command<Body>, moment: Moment): Decision<Event, Reply>
  evolve(state: State, event: Event, moment: Moment): State
  /** The entry that an event becomes, with the state right after it; undefined for a private event. */
  entryOf(event: Event, after: State): { readonly type: string; readonly data: object } | undefined
  /** What the caller of an accepted command gets to see of the state right after it. */
  viewOf(after: State, reply: Reply): View
  /**
   * Whether loading locks rows that `kept` names. If it turns out to be stale, the locks are given back before the right ones
   * are taken: two transactions that hold and want each other's would stand still for a second. Omit if it never does.
   */
  locksByKept?(kept: State): boolean
}

/** Joins rules to the record, one topic a transaction. */
export interface Aggregate<Body, Reply, State, Event, View> extends Rules<Body, Reply, State, Event, View> {
  load(tx: Transaction, asked: Asked<Body, State>): Promise<State>
  /**
   * Writes the read models, and what must hold together with them in other topics. Called only where there is at least
   * one step, and while the entries are written: what does not need another statement's answer goes out without waiting.
   */
  save(tx: Transaction, change: Change<State, Event>): Promise<Saved<State>>
}

/**
 * The same for several topics in one transaction: where many topics have few commands each, what a transaction costs is
 * shared by all that wait. What it locks beside the topics it locks in an order that is the same for all.
 */
export interface JointAggregate<Body, Reply, State, Event, View>
  extends Rules<Body, Reply, State, Event, View> {
  /** A state for each of `asked`, in their order. */
  loadAll(tx: Transaction, asked: readonly Asked<Body, State>[]): Promise<readonly State[]>
  /** As `save`, in the order of `changes`. */
  saveAll(tx: Transaction, changes: readonly Change<State, Event>[]): Promise<readonly Saved<State>[]>
}

/** `aggregate` as one that takes several topics, which are given to it one at a time. */
export function jointly<Body, Reply, State, Event, View>(
  aggregate: Aggregate<Body, Reply, State, Event, View>,
): JointAggregate<Body, Reply, State, Event, View> {
  return {
    ...aggregate,
    loadAll: (tx, asked) => allSettled(asked.map((each) => aggregate.load(tx, each))),
    saveAll: (tx, changes) => allSettled(changes.map((change) => aggregate.save(tx, change))),
  }
}
