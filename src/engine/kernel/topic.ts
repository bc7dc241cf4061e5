import type { Brand } from './brand.ts'

/** Identifies one ordered history, `family:id`: the unit of locking, of the bus and of the hub. */
export type Topic = Brand<string, 'Topic'>

export const asTopic = (key: string): Topic => key as Topic

/** Topics of one family: `prefix`, a colon, and an id. */
export function defineTopics<Id extends string>(prefix: string): (id: Id) => Topic {
  return (id) => asTopic(`${prefix}:${id}`)
}

/** The part after the colon: an aggregate's id. */
export function idOf(topic: Topic): string {
  return topic.slice(topic.indexOf(':') + 1)
}

/** The part before the colon: the prefix of the family. */
export function familyOf(topic: Topic): string {
  const colon = topic.indexOf(':')
  return colon < 0 ? topic : topic.slice(0, colon)
}
