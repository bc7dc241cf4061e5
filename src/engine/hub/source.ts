import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Entry } from '../history/entry.ts'
import type { CursorPosition } from '../kernel/cursor.ts'
import type { UserId } from '../kernel/id.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset, Position } from '../kernel/position.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { Topic } from '../kernel/topic.ts'

/** The state of a topic at a position, in one consistent read of the database. */
export interface Snapshot {
  readonly position: Position
  readonly at: Instant
  /** The members of the snapshot type other than cursor, offset, at and reset, as resolvers expect them. */
  readonly state: object
}

/** The root value of the resolvers of one event type: the fields of every Event and the type's own members. */
export interface PresentedEvent {
  /** The GraphQL type, a member of the field's union. */
  readonly type: string
  readonly topic: Topic
  readonly position: CursorPosition
  readonly at: Instant
}

/** The readers whose visibility of a topic is changed by an entry of another topic. */
export type VisibilityChange =
  | { readonly kind: 'user'; readonly userId: UserId }
  | { readonly kind: 'everybody' }
  | undefined

/**
 * Visibility rules of a topic that depend on the histories of other topics. Readers whose visibility changes while
 * they are subscribed receive a fresh snapshot with `reset: true`, which removes what they may no longer see and adds the rest.
 */
export interface Visibility {
  /** The topics whose entries currently determine the visibility of `topic`. */
  topics(topic: Topic): Promise<readonly Topic[]>
  /** Those of these topics that an event of the topic adds. Omit if they never change. */
  named?(event: PresentedEvent & object): readonly Topic[]
  /** Reads the state that `changedBy` compares with. Called once the topics are watched. */
  learn?(topics: readonly Topic[]): Promise<void>
  /** Called once for each entry of these topics, in order. Must be fast; when in doubt, report a change. */
  changedBy(entry: Entry): VisibilityChange
  /**
   * Whether the visibility of `topic` for `viewer` may have changed at `since` or later, even without subscribers: used for readers
   * who resume. Covers the rights that the database holds. Clients know about changes of their own tokens.
   */
  changedSince(topic: Topic, viewer: Viewer | null, since: Instant): Promise<boolean>
}

/**
 * Presents a family of topics to its readers. The hub keeps order, continuity and sharing; a source
 * defines how an entry is presented and who may see it.
 */
export interface Source<Prepared = unknown, Access = unknown> {
  /** The type name of the family's snapshot. */
  readonly snapshotType: string
  /** Whether all readers of the topic get the same snapshot (apart from fields that depend on the viewer). */
  readonly isSnapshotShared: boolean
  snapshot(topic: Topic, viewer: Viewer | null): Promise<Snapshot>
  /**
   * Fetches what presenting needs in addition to the entries, once per node and batch, in order, one result per entry.
   * Omit if entries are self-contained.
   */
  prepare?(topic: Topic, entries: readonly Entry[]): Promise<readonly Prepared[]>
  /** The event for the resolvers. Called once per entry. Must be fast and handle every entry. */
  present(entry: Entry, prepared: Prepared | undefined): PresentedEvent & object
  /**
   * Whether the transaction of this event also rewrote earlier entries of the topic. The hub then drops what it holds of
   * them and reads them again, also for readers who are catching up. Omit if entries never change.
   */
  rewritesHistory?(event: PresentedEvent & object): boolean
  /**
   * Reads the data that currently decides who may see these events. The hub calls it before it sends anything: for
   * new entries, and before each part of a replay, from memory and from the database alike. So what a
   * reader receives depends on their current rights, never on those at the time of the entry.
   */
  access?(topic: Topic, events: readonly (PresentedEvent & object)[]): Promise<Access> | Access
  /** Whether this reader may see the event, by `access`. Omit if all readers of the topic see everything. */
  sees?(event: PresentedEvent & object, access: Access | undefined, viewer: Viewer | null): boolean
  /** Omit if visibility depends only on the viewer's token. */
  readonly visibility?: Visibility
}

/**
 * Keeps the permission of a running subscription current: whenever an entry may change who may read, `isAllowed` is
 * called again, and a reader who has lost access is ended with FORBIDDEN.
 */
export interface Guard {
  readonly topic: Topic
  /** Whether an entry of the topic may have revoked something from this reader. Must be fast; when in doubt, true. */
  concerns(entry: Entry): boolean
  isAllowed(): Promise<boolean>
  /** When the plan's own permission check began: `performance.now()`. */
  readonly askedAt: number
  /**
   * Calls `ask` when the reader's own rights have changed. The returned function stops the calls. `isAllowed` uses the
   * current rights. Absent if they never change.
   */
  readonly watchRights?: ((ask: () => void) => () => void) | undefined
}

/** Permission, presence and counting of a subscription. */
export interface PlanTerms {
  /** Ends the subscription when the reader has lost access. Omit if all readers always have access. */
  readonly guard?: Guard | undefined
  /** The scope in which the reader is present as long as the subscription runs. */
  readonly presentIn?: ScopeId | undefined
  /** The scope for which the subscription and its deliveries are counted. */
  readonly countedIn?: ScopeId | undefined
}

/** A part of a topic's entries and state, for readers who requested only that. */
export interface Part {
  snapshot(topic: Topic, viewer: Viewer | null): Promise<Snapshot>
  has(event: PresentedEvent & object): boolean
}

export interface HistoryPlan extends PlanTerms {
  readonly kind: 'history'
  /** Omit for everything that the reader may see. */
  readonly part?: Part | undefined
  readonly topic: Topic
  readonly source: Source
  /** The client's cursor, unchecked. */
  readonly after: string | null
  /** Whether the reader already has state of this topic from former rights: it begins with a snapshot marked `reset`. */
  readonly startsOver?: boolean | undefined
}

/** Latest state only: at once, then at most once per period. Intermediate states are dropped. */
export interface LatestPlan extends PlanTerms {
  readonly kind: 'latest'
  /** The topic whose entries change the state. */
  readonly topic: Topic
  readonly everyMs: number
  /** The current state with the offset that it includes. */
  read(): Promise<{ readonly offset: Offset; readonly value: object }>
  /** The state that an entry carries; undefined if the entry changes nothing visible. */
  fromEntry(entry: Entry): Promise<object | undefined> | object | undefined
}

/** Current state without history. */
export interface Subject {
  /** Returns the full value; the same reference until it changes. */
  read(): Promise<object>
  /** Calls `onChange` when the value may have changed. The returned function stops the calls. Called once. */
  watch(onChange: () => void): () => void
}

/** A current value: at once, then after changes, at most once per period. */
export interface CurrentPlan extends PlanTerms {
  readonly kind: 'current'
  readonly everyMs: number
  readonly subject: Subject
}

/** A periodic value without a topic. */
export interface PulsePlan extends PlanTerms {
  readonly kind: 'pulse'
  readonly everyMs: number
  value(): object | string | number
}

/** One item of a kind in its state at `version`, with the data that decides who may see it. */
export interface ListItem {
  readonly id: string
  readonly version: number
  readonly value: object
}

export interface ListVersion {
  /** Increases with every change. */
  readonly version: number
  /** Changes whenever the audience changes. */
  readonly access: string
}

/** The items of a kind, of which the active ones are listed. */
export interface ListSource {
  /** The versions of all active items, in one query. */
  versions(): Promise<ReadonlyMap<string, ListVersion>>
  /** The existing items among `ids`, including ended ones. */
  read(ids: readonly string[]): Promise<readonly ListItem[]>
}

/** The items of a list: the active ones at once, then each new or changed one, at most once per period. */
export interface ListPlan extends PlanTerms {
  readonly kind: 'list'
  readonly everyMs: number
  readonly source: ListSource
  /** Whether the item belongs to the list at all, for any reader. Constant for an id. */
  lists(item: ListItem): boolean
  /** Whether this reader may see it. */
  sees(item: ListItem, viewer: Viewer | null): boolean
}

/** The presence of a subscriber's connection in scopes. */
export interface ScopePresence {
  /** Call the returned function once to leave. `isRevoked`: whether the subscriber lost access to the scope. */
  enter(scope: ScopeId): (isRevoked: boolean) => void
}

/** The result of resolving an authorised subscription field: how the hub serves it. */
export type Plan = HistoryPlan | LatestPlan | CurrentPlan | ListPlan | PulsePlan

/** What a plan's selection is executed for: the entries of its topic, or the ticks of its scope's tickers. */
export function subjectOf(plan: Plan): string {
  if (plan.kind === 'history' || plan.kind === 'latest') return plan.topic
  if (plan.kind === 'pulse') return plan.kind
  return `${plan.kind} ${plan.countedIn ?? ''}`
}

/** Whether the results of a plan depend on the reader, so that changed rights require a new selection. */
export function dependsOnViewer(plan: Plan): boolean {
  if (plan.kind === 'list') return true
  return plan.kind === 'history' && (plan.source.sees !== undefined || !plan.source.isSnapshotShared)
}
