import type { GraphQLError } from 'graphql'
import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Subscriber } from './delivery.ts'
import type { Part, PresentedEvent } from './source.ts'

/** A subscriber of a history: everything up to and including `position` was sent to it or is hidden from it. */
export interface Reader {
  readonly subscriber: Subscriber
  /** The client connection: the same object for all its readers. */
  readonly connection: object
  /** The part of the topic that it reads; undefined means all. */
  readonly part: Part | undefined
  position: Offset
  /** The generation of the history that `position` refers to; the stream starts a new one when its feed loses continuity. */
  generation: number
  isEnded: boolean
  /** Its visibility has changed, so it restarts with a snapshot. */
  isStale: boolean
  /** Ends the subscription from the server's side. Does nothing if it has ended. */
  end(error: GraphQLError): void
}

/** One value to be sent to groups. */
export interface Item {
  readonly topic: Topic
  readonly offset: Offset
  readonly at: Instant
  readonly cursor: Cursor
  readonly event: PresentedEvent & object
}

/** Whether a reader may see an item and subscribed to it, by rights that were just read. */
export type Admission = (item: Item, reader: Reader) => boolean
