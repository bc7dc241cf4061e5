import type { Dispatch } from '../../src/engine/commands/dispatch.ts'
import type { Head, History } from '../../src/engine/history/history.ts'
import { decodeNotice } from '../../src/engine/history/notice.ts'
import type { Hub } from '../../src/engine/hub/hub.ts'
import { decodeCursor, encodeCursor } from '../../src/engine/kernel/cursor.ts'
import { advance } from '../../src/engine/kernel/position.ts'
import type { Topic } from '../../src/engine/kernel/topic.ts'
import type { Bus } from '../../src/pubsub/bus.ts'

/** A history that never reports a gap: each topic ends at the last notice of the bus. */
export function createGaplessHistory(): { wrapBus(bus: Bus): Bus; wrapHistory(history: History): History } {
  const heard = new Map<Topic, Head>()

  function hear(topic: Topic, message: string): void {
    const head = heard.get(topic)
    const notice = decodeNotice(topic, message)
    if (head === undefined || notice === undefined || notice.epoch !== head.epoch) return
    if (notice.first <= advance(head.offset) && notice.last > head.offset) {
      heard.set(topic, { ...head, offset: notice.last })
    }
  }

  return {
    wrapBus: (bus) => ({
      ...bus,
      subscribe: (topic, listener) =>
        bus.subscribe(topic, (message) => {
          hear(topic, message)
          listener(message)
        }),
    }),
    wrapHistory: (history) => ({
      ...history,
      heads: async () => new Map(),
      async head(topic) {
        const head = heard.get(topic) ?? (await history.head(topic))
        if (head !== undefined) heard.set(topic, head)
        return head
      },
    }),
  }
}

/** A hub that resumes readers at the end of the history instead of at their cursor. */
export function withoutReplay(hub: Hub, history: History): Hub {
  return {
    ...hub,
    open(plan, subscriber, presence) {
      if (plan.kind !== 'history' || plan.after === null) return hub.open(plan, subscriber, presence)
      const { topic, after } = plan
      let isClosed = false
      let close = (): void => {
        isClosed = true
      }
      void history.head(topic).then((head) => {
        if (isClosed) return
        const position = decodeCursor(topic, after)
        const skipped = head && position && encodeCursor(topic, { ...position, ...head })
        close = hub.open({ ...plan, after: skipped ?? after }, subscriber, presence)
      })
      return () => close()
    },
  }
}

/** Strips idempotency keys from commands: each repetition counts as a new command. */
export function withoutKeys(dispatch: Dispatch): Dispatch {
  return (family, id, actor, body) => dispatch(family, id, actor, body)
}

/** A bus whose process dies instead of announcing a commit if `isDue`. */
export function dyingToAnnounce(bus: Bus, isDue: () => boolean): Bus {
  return {
    ...bus,
    publish(topic, message) {
      if (isDue()) process.kill(process.pid, 'SIGKILL')
      return bus.publish(topic, message)
    },
  }
}
