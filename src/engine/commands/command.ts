import type { Actor } from '../kernel/actor.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Position } from '../kernel/position.ts'
import type { Rejection } from '../kernel/rejection.ts'
import type { Topic } from '../kernel/topic.ts'

/** A key with which a caller may repeat a command safely. */
export interface IdempotencyKey {
  readonly key: string
  /** A hash of the mutation's name and whole input: see `fingerprint`. */
  readonly fingerprint: string
}

/** A request to change one topic. */
export interface Command<Body = object> {
  readonly topic: Topic
  readonly actor: Actor
  readonly body: Body
  readonly idempotency?: IdempotencyKey
}

/**
 * The outcome of a command. `accepted`: committed; `position` is that of its last entry (or of the topic's head
 * if it made none). On a retry with a key, `isReplay` is true, reply and position are those of the first run, and `state` is undefined.
 */
export type Outcome<Reply, State> =
  | {
      readonly kind: 'accepted'
      readonly reply: Reply
      readonly position: Position
      readonly at: Instant
      readonly isReplay: boolean
      /** The aggregate right after this command. */
      readonly state: State | undefined
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'forbidden'; readonly reason: string }
