import type { Entry } from '../history/entry.ts'
import type { PresentedEvent } from './source.ts'

/** What every Event carries, of `entry`. */
export function presentEntry({ topic, epoch, offset, at, type }: Entry): PresentedEvent {
  return { type, topic, position: { epoch, offset }, at }
}

/** The fault of an entry whose data is not what its family writes: a mistake in this server, or of another version. */
export function unreadable(entry: Entry): Error {
  return new Error(`entry ${entry.offset} of ${entry.topic} is no ${entry.type}`)
}
