import type { Topic } from '../kernel/topic.ts'
import type { Admission, Item } from './reader.ts'
import type { Source } from './source.ts'

/** Reads the current rights to see `items`. Items outlive the rights under which they were sent, so they hold none. */
export function admissionTo(
  items: readonly Item[],
  topic: Topic,
  source: Source,
): Promise<Admission> | Admission {
  const events = items.map(({ event }) => event)
  const access = source.access?.(topic, events)
  return access instanceof Promise
    ? access.then((read) => admissionBy(source, read))
    : admissionBy(source, access)
}

/** Applies rights that were read before. */
export function admissionBy(source: Source, access: unknown): Admission {
  return ({ event }, { subscriber, part }) =>
    (part === undefined || part.has(event)) && (source.sees?.(event, access, subscriber.viewer) ?? true)
}
