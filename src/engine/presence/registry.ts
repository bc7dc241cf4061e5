import type { UserId } from '../kernel/id.ts'
import type { Channel } from './channels.ts'

/** The members of a channel at one moment. */
export interface MemberList {
  /** Number of distinct users with metadata in the channel. */
  readonly count: number
  /** The metadata of each user, one entry per node. Empty if `count` exceeds MEMBER_LIMIT. */
  readonly metadata: ReadonlyMap<UserId, readonly string[]>
}

/** Longer member lists carry a count but no metadata. */
export const MEMBER_LIMIT = 200

/** Minimum interval between change notifications to the watchers of a channel. */
export const NOTIFY_EVERY_MS = 500

/**
 * Cluster-wide membership of channels: current state, no history. Each node sets and removes metadata for users in
 * channels. Metadata is any non-empty text and is passed on unchanged. The metadata of a crashed node disappears
 * everywhere within 30 s; that of a node that shuts down stays briefly, so that its users can reconnect to others.
 */
export interface Registry {
  /** Replaces this node's metadata for a user; null removes it. Other nodes see the change soon. */
  setMeta(channel: Channel, user: UserId, meta: string | null): void
  /**
   * The current members, including this node's own metadata. In a watched channel, metadata of other nodes may be up to
   * NOTIFY_EVERY_MS old, and the result is the same reference until something changes. Never rejects: while other nodes
   * can't be reached, the result is what this node knows, and for a while also what it last knew of the others.
   */
  members(channel: Channel): Promise<MemberList>
  /** Calls `onChange` when the members change, at most every NOTIFY_EVERY_MS. The returned function stops the calls. */
  watch(channel: Channel, onChange: () => void): () => void
  /** Number of distinct users with metadata in the channel. Never rejects. */
  count(channel: Channel): Promise<number>
  /** The metadata of those of `users` who have any in the channel. Never rejects. */
  metadataOf(channel: Channel, users: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly string[]>>
  /**
   * Calls `listener` after this node has set metadata for a user for whom other nodes already had some, with the metadata
   * of those nodes.
   */
  onShared(listener: (channel: Channel, user: UserId, metadata: readonly string[]) => void): void
  /** Resolves when no connection and no timer is left. */
  close(): Promise<void>
}
