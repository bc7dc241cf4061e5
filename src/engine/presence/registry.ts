import type { UserId } from '../kernel/id.ts'
import type { Place } from './scope.ts'

/** Who is in a place, at one moment. */
export interface Roll {
  /** How many users have a tag there, each counted once. */
  readonly count: number
  /** The tags on each, one a node. Empty where `count` is above ROLL_LIMIT. */
  readonly tags: ReadonlyMap<UserId, readonly string[]>
}

/** A longer roll has no tags, only their count. */
export const ROLL_LIMIT = 200

/** How often, at most, those who follow a place are told of a change. */
export const TELL_EVERY_MS = 500

/**
 * Who is where, as all nodes together know it, without memory of what was. Each node puts tags on users in places and
 * takes them away again; a tag is any text but the empty one, and is passed on as it is. The tags of a node that dies
 * are gone everywhere within 30 s; those of one that closes stay for a moment, so that its users can come to others.
 */
export interface Registry {
  /** Puts this node's tag on a user, instead of the one before; null takes it away. Others learn of it soon. */
  tag(place: Place, user: UserId, tag: string | null): void
  /**
   * What is so now, this node's own tags included; others' tags, in a place that is followed here, as they were up to
   * TELL_EVERY_MS ago. It is the same object, then, while nothing has changed. Never rejects: while others can't be asked
   * it is what this node knows, for a moment with what it knew of them last.
   */
  roll(place: Place): Promise<Roll>
  /** Calls `onChange` when the roll has become another, at most every TELL_EVERY_MS, until the returned function is called. */
  follow(place: Place, onChange: () => void): () => void
  /** How many users have a tag there. Never rejects. */
  count(place: Place): Promise<number>
  /** The tags on those of `users` who have any there. Never rejects. */
  tagsOf(place: Place, users: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly string[]>>
  /** Calls `listener` when this node put a tag on a user who had some by other nodes, with those. */
  onShared(listener: (place: Place, user: UserId, tags: readonly string[]) => void): void
  /** Resolves when no connection and no timer is left. */
  close(): Promise<void>
}
