import type { GraphQLError } from 'graphql'
import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Subscriber } from './delivery.ts'
import type { Part, PresentedEvent } from './source.ts'

/** A subscriber of a history: everything up to and including `position` was sent, or is not for it to see. */
export interface Reader {
  readonly subscriber: Subscriber
  /** Whose it is: the same object for all readers on one. */
  readonly connection: object
  /** What of the topic it has asked for; undefined: all. */
  readonly part: Part | undefined
  position: Offset
  /** Which continuous history `position` lies in; the stream begins another when its feed lost the thread. */
  generation: number
  isEnded: boolean
  /** Other things than before are for it to see: it begins anew, with a snapshot. */
  isStale: boolean
  /** Ends the subscription from the server's side. Harmless where it has ended. */
  end(error: GraphQLError): void
}

/** One value on its way to a group. */
export interface Item {
  readonly topic: Topic
  readonly offset: Offset
  readonly at: Instant
  readonly cursor: Cursor
  readonly event: PresentedEvent & object
}

/** Whether a reader may see an item and asked for it, by the rights that were read just before. */
export type Admission = (item: Item, reader: Reader) => boolean
