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
  /** The members of the snapshot type in addition to cursor, offset, at and reset, as resolvers expect them. */
  readonly state: object
}

/** The value that the resolvers of one event type get: what every Event carries, and the type's own members. */
export interface PresentedEvent {
  /** The GraphQL type, a member of the field's union. */
  readonly type: string
  readonly topic: Topic
  readonly position: CursorPosition
  readonly at: Instant
}

/** Whose visibility of a topic an entry of another topic changes. */
export type VisibilityChange =
  | { readonly kind: 'user'; readonly userId: UserId }
  | { readonly kind: 'everybody' }
  | undefined

/**
 * What decides who sees what of a topic, where that stands in the histories of others. Readers whose visibility changes while
 * they are subscribed get a fresh snapshot with `reset: true`: what they no longer see goes, what they see now comes.
 */
export interface Visibility {
  /** The topics whose entries decide who sees what of `topic`, at this moment. */
  topics(topic: Topic): Promise<readonly Topic[]>
  /** Those among them that an event of the topic names. Omit if they are always the same. */
  named?(event: PresentedEvent & object): readonly Topic[]
  /** Reads what `changedBy` compares with. Called when the topics are followed. */
  learn?(topics: readonly Topic[]): Promise<void>
  /** Called once for each entry of these topics, in order; quick, errs towards a change. */
  changedBy(entry: Entry): VisibilityChange
  /**
   * Whether what `viewer` sees of `topic` may have changed at `since` or later, even if nobody subscribed then: asked for readers
   * who resume. By memberships, roles in rooms and visibilities; what a token says is the client's own to know.
   */
  changedSince(topic: Topic, viewer: Viewer | null, since: Instant): Promise<boolean>
}

/**
 * What a family of topics means to its readers. The hub keeps order, continuity and sharing; a source
 * says what an entry looks like and who may see it.
 */
export interface Source<Prepared = unknown, Access = unknown> {
  /** The type name of the family's snapshot. */
  readonly snapshotType: string
  /** Whether all who may read the topic get the same snapshot (apart from fields that read the viewer). */
  readonly isSnapshotShared: boolean
  snapshot(topic: Topic, viewer: Viewer | null): Promise<Snapshot>
  /**
   * Fetches what presenting needs in addition to the entries, once per node and batch, in order, one result per entry.
   * Absent where entries are complete in themselves.
   */
  prepare?(topic: Topic, entries: readonly Entry[]): Promise<readonly Prepared[]>
  /** The event for the resolvers. Called once per entry; total and quick. */
  present(entry: Entry, prepared: Prepared | undefined): PresentedEvent & object
  /**
   * Whether the transaction of this event also rewrote earlier entries of the topic. The hub then drops what it holds of
   * them and reads them again, also for readers who are catching up. Omit if entries never change.
   */
  rewritesHistory?(event: PresentedEvent & object): boolean
  /**
   * Reads what decides, at this moment, who may see these events. The hub asks again before it sends anything: with
   * entries that have just come, and before each part of a replay, from memory and from the database alike. What a
   * reader gets therefore depends on their rights now, never on those at the time of the entry.
   */
  access?(topic: Topic, events: readonly (PresentedEvent & object)[]): Promise<Access> | Access
  /** Whether this reader may see the event, by `access`; omit if all readers of the topic see everything. */
  sees?(event: PresentedEvent & object, access: Access | undefined, viewer: Viewer | null): boolean
  /** Omit if nothing but the viewer's own token decides what they see. */
  readonly visibility?: Visibility
}

/**
 * What keeps a running subscription honest: whenever one of these topics changes who may read, `isAllowed` is
 * asked again, and a reader who is no longer allowed is ended with FORBIDDEN.
 */
export interface Guard {
  readonly topic: Topic
  /** Whether an entry of the topic may have taken something from this reader: quick, errs towards true. */
  concerns(entry: Entry): boolean
  isAllowed(): Promise<boolean>
  /** When the plan's own question, whether the reader may read, began: `performance.now()`. */
  readonly askedAt: number
  /**
   * Calls `ask` when the reader's own rights have changed, until the returned function is called. `isAllowed` judges by the
   * present ones. Absent where they never change.
   */
  readonly watchRights?: ((ask: () => void) => () => void) | undefined
}

/** What a subscription means beyond its results. */
export interface PlanTerms {
  /** Ends the subscription when the reader is no longer allowed. Omit where everybody always is. */
  readonly guard?: Guard | undefined
  /** The reader is present here as long as the subscription runs. */
  readonly presentIn?: ScopeId | undefined
  /** The subscription and its deliveries count for this scope. */
  readonly countedIn?: ScopeId | undefined
}

/** Some of a topic's entries, and of its state, for readers who asked for no more. */
export interface Part {
  snapshot(topic: Topic, viewer: Viewer | null): Promise<Snapshot>
  has(event: PresentedEvent & object): boolean
}

export interface HistoryPlan extends PlanTerms {
  readonly kind: 'history'
  /** Absent: all that the reader may see. */
  readonly part?: Part | undefined
  readonly topic: Topic
  readonly source: Source
  /** The client's cursor, unchecked. */
  readonly after: string | null
  /** The reader had this topic before, under other rights: it begins with a snapshot that is marked `reset`. */
  readonly startsOver?: boolean | undefined
}

/** Latest state only: at once, then at most once a period, whatever happened in between. */
export interface LatestPlan extends PlanTerms {
  readonly kind: 'latest'
  /** Looked at again when an entry of this topic arrives. */
  readonly topic: Topic
  readonly everyMs: number
  /** The state before any entry, with the offset that it includes. */
  read(): Promise<{ readonly offset: Offset; readonly value: object }>
  /** The state that an entry carries; undefined where it changes nothing shown. */
  fromEntry(entry: Entry): Promise<object | undefined> | object | undefined
}

/** Current state without history. */
export interface Subject {
  /** Returns the full value; the same reference until it changes. */
  read(): Promise<object>
  /** Calls `onChange` when the value may have changed, until the returned function is called. Called once. */
  watch(onChange: () => void): () => void
}

/** A current value: at once, then after changes, at most once a period. */
export interface CurrentPlan extends PlanTerms {
  readonly kind: 'current'
  readonly everyMs: number
  readonly subject: Subject
}

/** A value by the clock, without a topic. */
export interface PulsePlan extends PlanTerms {
  readonly kind: 'pulse'
  readonly everyMs: number
  value(): object | string | number
}

/** One of many things of a kind, as it stood at `version`, with what tells who may see it. */
export interface ListItem {
  readonly id: string
  readonly version: number
  readonly value: object
}

export interface ListVersion {
  /** Grows with every change. */
  readonly version: number
  /** Another whenever others may see it. */
  readonly access: string
}

/** Many things of a kind, of which those are listed that are not over. */
export interface ListSource {
  /** The versions of all that are not over, in one query. */
  versions(): Promise<ReadonlyMap<string, ListVersion>>
  /** Those of `ids` that exist, also where they are over by now. */
  read(ids: readonly string[]): Promise<readonly ListItem[]>
}

/** Each thing of a list: at once those that are not over, then each that is new or changed, once a period at most. */
export interface ListPlan extends PlanTerms {
  readonly kind: 'list'
  readonly everyMs: number
  readonly source: ListSource
  /** Whether the list holds the item at all, for any reader: always the same answer for one id. */
  lists(item: ListItem): boolean
  /** Whether this reader may see it. */
  sees(item: ListItem, viewer: Viewer | null): boolean
}

/** The connection of a subscriber, as far as the scopes that it attends go. */
export interface ScopePresence {
  /** The returned function ends it, once. `isRevoked`: the subscriber lost the permission to be there. */
  enter(scope: ScopeId): (isRevoked: boolean) => void
}

/** What a subscription field resolves to once the caller is allowed it: how the hub is to serve it. */
export type Plan = HistoryPlan | LatestPlan | CurrentPlan | ListPlan | PulsePlan

/** What a plan's selection is executed for: the entries of its topic, or the ticks of its scope's tickers. */
export function subjectOf(plan: Plan): string {
  if (plan.kind === 'history' || plan.kind === 'latest') return plan.topic
  if (plan.kind === 'pulse') return plan.kind
  return `${plan.kind} ${plan.countedIn ?? ''}`
}

/** Whether readers of one plan get different things, by who they are: then other rights mean another selection. */
export function dependsOnViewer(plan: Plan): boolean {
  if (plan.kind === 'list') return true
  return plan.kind === 'history' && (plan.source.sees !== undefined || !plan.source.isSnapshotShared)
}
