import type { Brand } from './brand.ts'

/** Names one ordered history, `family:id`: the unit of locking, of the bus and of the hub. */
export type Topic = Brand<string, 'Topic'>

export const asTopic = (key: string): Topic => key as Topic

/** The topics of one family, by the id that follows `prefix` and a colon. */
export function defineTopics<Id extends string>(prefix: string): (id: Id) => Topic {
  return (id) => asTopic(`${prefix}:${id}`)
}

/** What follows the family: an aggregate's id. */
export function idOf(topic: Topic): string {
  return topic.slice(topic.indexOf(':') + 1)
}

/** What a topic begins with: the prefix of its family. */
export function familyOf(topic: Topic): string {
  const colon = topic.indexOf(':')
  return colon < 0 ? topic : topic.slice(0, colon)
}
