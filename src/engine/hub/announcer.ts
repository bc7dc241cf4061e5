import { publishSpan } from '../../platform/tracing/spans.ts'
import { type Tracing, typeOf } from '../../platform/tracing/tracing.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { Entry } from '../history/entry.ts'
import { encodeNotice } from '../history/notice.ts'
import type { Hub } from './hub.ts'

export interface AnnouncerOptions {
  readonly bus: Bus
  readonly hub: Pick<Hub, 'announceLocally'>
  readonly tracing: Tracing
  /** The messaging system, for spans. */
  readonly system: string
}

/** Publishes committed entries. Never throws. */
export type Announce = (entries: readonly Entry[]) => void

/**
 * Publishes one notice per batch and topic. If the bus refuses it, the subscribers of this node get the entries anyway,
 * and other nodes find them when they poll the history.
 */
export function createAnnouncer({ bus, hub, tracing, system }: AnnouncerOptions): Announce {
  return (entries) => {
    for (const [topic, batch] of Map.groupBy(entries, (entry) => entry.topic)) {
      const range = { topic, first: batch[0]?.offset ?? 0, last: batch.at(-1)?.offset ?? 0 }
      const span = tracing.start(publishSpan(system, range))
      bus
        .publish(topic, encodeNotice(batch, span.isRecorded ? span.context : undefined))
        .catch((error: unknown) => {
          span.fail(typeOf(error))
          hub.announceLocally(topic)
        })
        .finally(() => span.end())
    }
  }
}
