import type { Offset } from './position.ts'
import type { Topic } from './topic.ts'

/**
 * An entry that this node can't present: a newer version wrote it, or its data is corrupt. Readers who need it are ended
 * with a masked error, since leaving it out would be a hole. `cause` says what is wrong.
 */
export class UnreadableEntry extends Error {
  readonly offset: Offset

  constructor(topic: Topic, offset: Offset, cause: unknown) {
    super(`Entry ${offset} of ${topic} cannot be presented.`, { cause })
    this.name = 'UnreadableEntry'
    this.offset = offset
  }
}

/** A reader who tries again sooner gets the same: another node or a newer version is needed, and neither takes seconds. */
export const UNREADABLE_RETRY_AFTER_MS = 10_000
