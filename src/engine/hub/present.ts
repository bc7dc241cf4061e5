import type { Entry } from '../history/entry.ts'
import type { PresentedEvent } from './source.ts'

/** The fields that every Event takes from `entry`. */
export function presentEntry({ topic, epoch, offset, at, type }: Entry): PresentedEvent {
  return { type, topic, position: { epoch, offset }, at }
}

/** The error for an entry whose data has an unknown shape: a bug in this server, or an entry of another version. */
export function unreadable(entry: Entry): Error {
  return new Error(`entry ${entry.offset} of ${entry.topic} is no ${entry.type}`)
}
