import type { PresentedEvent } from '../engine/hub/source.ts'
import { encodeCursor } from '../engine/kernel/cursor.ts'
import type { Builder } from './builder.ts'
import { SharedInterface } from './shared-types.ts'

export const Event = new SharedInterface<PresentedEvent>('Event')

/** The first payload of a subscription without `after`, as its resolvers get it. */
export interface PresentedSnapshot extends PresentedEvent {
  readonly reset: boolean
}

export const RESET =
  'True when the history after the given cursor is gone and the client must replace what it holds.'

/** The interface of all entries. */
export function addEvent(builder: Builder): void {
  Event.in(builder).implement({
    description: 'The common fields of all entries of a durable topic.',
    fields: (t) => ({
      cursor: t.field({
        type: 'Cursor',
        description: 'Resume after this entry by passing this cursor as `after`.',
        resolve: ({ topic, position }) => encodeCursor(topic, position),
      }),
      offset: t.int({
        description:
          '1, 2, 3 … within one topic, without gaps. A subscriber who may not see every entry (announcements for\n' +
          "others, another member's orders) sees gaps in the offsets; the cursor still resumes exactly.",
        resolve: ({ position }) => position.offset,
      }),
      at: t.expose('at', {
        type: 'DateTime',
        description: 'When it was written, by the database’s clock; for a snapshot, when it was read.',
      }),
    }),
    resolveType: ({ type }) => type,
  })
}
