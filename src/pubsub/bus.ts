import type { Instant } from '../engine/kernel/instant.ts'
import type { Topic } from '../engine/kernel/topic.ts'

/** Ends a subscription at once: no call follows. Calling it again does nothing. */
export type Unsubscribe = () => void

export type BusStatus =
  /** A probe last returned through the bus at `lastProbeAt`, and none has failed since. */
  | { readonly kind: 'up'; readonly lastProbeAt: Instant }
  /** Unavailable since `since`, as far as is known. `message` is the reason for operators and holds no secret. */
  | { readonly kind: 'down'; readonly since: Instant; readonly message: string }

/**
 * Carries notices between nodes, fast and without storage: the history is the source of truth, and the
 * bus only says when to read it. A message is any string and is passed on unchanged.
 */
export interface Bus {
  /**
   * Resolves once the bus has accepted the message, not once it was delivered; listeners are never called within
   * the call. Rejects at once while the bus is known to be unavailable: nothing is queued for later. A message in
   * flight when the bus fails rejects when the failure is detected, and may have been delivered nevertheless.
   */
  publish(topic: Topic, message: string): Promise<void>
  /**
   * Resolves when live: messages published from then on, on any node, are delivered at most once, in order per
   * publisher, and without gaps until the bus fails. A listener subscribed twice is called twice. Rejects
   * if the bus is unavailable or fails meanwhile, and then leaves nothing behind: the caller may retry.
   * A live subscription survives failures: it is live again before `onRecovered` is called.
   */
  subscribe(topic: Topic, listener: (message: string) => void): Promise<Unsubscribe>
  /** Calls `listener` each time the bus has recovered and all subscriptions are live again: any message may have been missed. */
  onRecovered(listener: () => void): Unsubscribe
  status(): BusStatus
  /** Resolves when no connection and no timer is left. No listener is called after this call; later calls of the others reject. */
  close(): Promise<void>
}
