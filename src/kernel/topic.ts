import type { Brand } from './brand.ts'
import type { AuctionId, RoomId } from './id.ts'

/** Names one ordered history, `family:id`: the unit of locking, of the bus and of the hub. */
export type Topic = Brand<string, 'Topic'>

export type TopicFamily = 'room' | 'messages' | 'auction' | 'announcements'

export const roomTopic = (id: RoomId): Topic => `room:${id}` as Topic
export const messagesTopic = (id: RoomId): Topic => `messages:${id}` as Topic
export const auctionTopic = (id: AuctionId): Topic => `auction:${id}` as Topic
export const announcementsTopic = 'announcements' as Topic

export const asTopic = (key: string): Topic => key as Topic

/** What follows the family: an aggregate's id. */
export function idOf(topic: Topic): string {
  return topic.slice(topic.indexOf(':') + 1)
}

export function familyOf(topic: Topic): TopicFamily {
  const colon = topic.indexOf(':')
  return (colon < 0 ? topic : topic.slice(0, colon)) as TopicFamily
}
