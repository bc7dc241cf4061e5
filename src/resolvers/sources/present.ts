import type { PresentedEvent } from '../../hub/source.ts'
import { type AuctionId, asAuctionId, asRoomId, type RoomId } from '../../kernel/id.ts'
import type { Topic } from '../../kernel/topic.ts'
import type { Entry } from '../../log/entry.ts'

/** What every Event carries, of `entry`. */
export function presentEntry({ topic, epoch, offset, at, type }: Entry): PresentedEvent {
  return { type, topic, position: { epoch, offset }, at }
}

/** The fault of an entry whose data is not what its family writes: a mistake in this server, or of another version. */
export function unreadable(entry: Entry): Error {
  return new Error(`entry ${entry.offset} of ${entry.topic} is no ${entry.type}`)
}

/** The room whose history, or whose messages', `topic` is. */
export function roomIdOf(topic: Topic): RoomId {
  return asRoomId(subjectOf(topic))
}

/** The auction whose history `topic` is. */
export function auctionIdOf(topic: Topic): AuctionId {
  return asAuctionId(subjectOf(topic))
}

function subjectOf(topic: Topic): string {
  return topic.slice(topic.indexOf(':') + 1)
}
