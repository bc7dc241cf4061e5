import type { Instant } from '../kernel/instant.ts'
import type { Epoch, Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'

/** One change in the ordered history of one topic. Frozen: every reader on a node shares the same object. */
export interface Entry {
  readonly topic: Topic
  readonly epoch: Epoch
  readonly offset: Offset
  readonly at: Instant
  /** The GraphQL type that presents it. */
  readonly type: string
  /** JSON for the family's source to present, including the state right after this entry. */
  readonly data: object
}
