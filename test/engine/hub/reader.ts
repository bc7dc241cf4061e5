import { GraphQLError } from 'graphql'
import type { Selection, Sink, Subscriber } from '../../../src/engine/hub/delivery.ts'
import { createHub, type Hub, type HubEvents } from '../../../src/engine/hub/hub.ts'
import type { HistoryPlan, PresentedEvent, Source } from '../../../src/engine/hub/source.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import type { Viewer } from '../../../src/platform/auth/viewer.ts'
import type { FakeBus } from './fake-bus.ts'
import { type FakeHistory, TOPIC } from './fake-history.ts'

/** What one subscriber got: a snapshot's offset with its reset mark, or an entry's offset. */
export type Received =
  | { readonly kind: 'snapshot'; readonly offset: number; readonly reset: boolean }
  | { readonly kind: 'entry'; readonly offset: number; readonly read?: number; readonly text?: string }

export interface TestReader {
  readonly received: readonly Received[]
  /** The cursor of the last payload. */
  readonly cursor: string | null
  readonly error: GraphQLError | undefined
  readonly isEnded: boolean
  /** While held back, the sink is congested. */
  hold(): void
  release(): void
  stop(): void
  /** From now on its sink throws. */
  break(): void
}

export function createTestHub(
  history: FakeHistory,
  bus: FakeBus,
  timing: { readonly checkEveryMs?: number } = {},
  events: Partial<HubEvents> = {},
): Hub {
  return createHub({
    history,
    bus,
    ...timing,
    events: {
      onGapRepaired: () => {},
      onFault: () => {},
      onListenerFault: () => {},
      onListFault: () => {},
      onCheckFault: () => {},
      beforeDelivery: () => {},
      onReset: () => {},
      mask: (error) => new GraphQLError(String(error)),
      ...events,
    },
  })
}

export function sourceOf(history: FakeHistory, present?: (event: PresentedEvent) => void): Source {
  return {
    snapshotType: 'Snapshot',
    isSnapshotShared: true,
    snapshot: async () => ({ position: history.position, at: instant(0), state: {} }),
    present(entry) {
      const event = { type: entry.type, topic: entry.topic, position: entry, at: entry.at }
      present?.(event)
      return event
    },
  }
}

/** What events of tests may have in addition. */
interface Own {
  readonly reset?: boolean
  readonly text?: string
}

/** Subscribes from `after` on. `key` tells groups apart. `read`: what the selection reads for a value, if anything. */
export function openReader(
  hub: Hub,
  source: Source,
  after: string | null = null,
  key = 'same',
  read?: (offset: number) => Promise<number> | undefined,
  viewer: Viewer | null = null,
): TestReader {
  const received: Received[] = []
  let cursor: string | null = null
  let error: GraphQLError | undefined
  let isEnded = false
  let isHeld = false
  let isBroken = false
  let resume: (() => void)[] = []
  const sink: Sink = {
    send(payload) {
      if (isBroken) throw new Error('the sink is broken')
      for (const result of payload.results) {
        const { type, offset, reset, late, text } = JSON.parse(result.json.toString()).data
        if (type === 'Snapshot') received.push({ kind: 'snapshot', offset, reset })
        else {
          const read = late === undefined ? {} : { read: late }
          received.push({ kind: 'entry', offset, ...read, ...(text === undefined ? {} : { text }) })
        }
        cursor = result.cursor
      }
    },
    isCongested: () => isHeld,
    drained: () => (isHeld ? new Promise((resolve) => resume.push(resolve)) : Promise.resolve()),
    end(reason) {
      error = reason
      isEnded = true
    },
  }
  const selection: Selection = {
    key,
    execute(value) {
      const { type, position, ...own } = value as PresentedEvent & Own
      const data = { type, offset: position.offset, reset: own.reset, text: own.text }
      return read?.(position.offset)?.then((late) => ({ data: { ...data, late } })) ?? { data }
    },
  }
  const subscriber: Subscriber = { selection, viewer, sink }
  const plan: HistoryPlan = { kind: 'history', topic: TOPIC, source, after }
  const close = hub.open(plan, subscriber, { enter: () => () => {} })
  return {
    received,
    get cursor() {
      return cursor
    },
    get error() {
      return error
    },
    get isEnded() {
      return isEnded
    },
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      for (const wake of resume) wake()
      resume = []
    },
    stop: close,
    break() {
      isBroken = true
    },
  }
}
