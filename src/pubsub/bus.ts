import type { Instant } from '../engine/kernel/instant.ts'
import type { Topic } from '../engine/kernel/topic.ts'

/** Ends what it was given for, at once: nothing is heard after the call. Calling it again does nothing. */
export type Unsubscribe = () => void

export type BusStatus =
  /** A message travelled the bus and came back at `lastProbeAt`, and none has failed to since. */
  | { readonly kind: 'up'; readonly lastProbeAt: Instant }
  /** Away since `since`, as far as is known. `message` says why, for operators, and holds no secret. */
  | { readonly kind: 'down'; readonly since: Instant; readonly message: string }

/**
 * Carries notices between nodes, fast and without memory: what matters is read from the history, and the
 * bus only says when. A message is any string and is passed on as it is.
 */
export interface Bus {
  /**
   * Resolves once the bus took the message, not once anyone heard it; listeners are never called from within
   * the call. Rejects at once while the bus is known to be away: nothing is queued for later. A message on
   * its way when the bus fails rejects when the failure is found, and may have been heard all the same.
   */
  publish(topic: Topic, message: string): Promise<void>
  /**
   * Resolves when live: what is published from then on, on any node, is heard at most once, in order per
   * publisher, and without a hole until the bus fails. The same listener given twice is called twice. Rejects
   * when the bus is away or fails meanwhile, and then leaves nothing behind: the caller may try again.
   * A live subscription outlasts failures: it's live again before `onRecovered` is called.
   */
  subscribe(topic: Topic, listener: (message: string) => void): Promise<Unsubscribe>
  /** Calls `listener` each time the bus was away and is back, all subscriptions live: anything may have been missed. */
  onRecovered(listener: () => void): Unsubscribe
  status(): BusStatus
  /** Resolves when no connection and no timer is left. Nothing is heard after the call; later calls of the others reject. */
  close(): Promise<void>
}
