import type { Offset } from './position.ts'
import type { Topic } from './topic.ts'

/**
 * An entry that this node can't present: a newer version wrote it, or its data is corrupt. Readers who need it are ended
 * with a masked error, because skipping it would leave a gap. `cause` holds the reason.
 */
export class UnreadableEntry extends Error {
  readonly offset: Offset

  constructor(topic: Topic, offset: Offset, cause: unknown) {
    super(`Entry ${offset} of ${topic} cannot be presented.`, { cause })
    this.name = 'UnreadableEntry'
    this.offset = offset
  }
}

/** An earlier retry fails the same way: it takes another node or a newer version, and neither comes within seconds. */
export const UNREADABLE_RETRY_AFTER_MS = 10_000
