import type { ExecutionResult } from 'graphql'
import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Payload, Selection } from './delivery.ts'

/** Payloads of recent values, kept for readers who catch up with what others have had. */
const KEPT = 256

export interface RenderCounters {
  /** One execution of a selection against one value. */
  onExecution(): void
  /** `count` payloads were handed to sinks. */
  onDelivery(count: number): void
  /**
   * An entry that was committed at this instant was handed to all who follow live; to those of a group where its
   * rendering took time.
   */
  onLive(committedAt: Instant): void
}

/** Executes a selection once per value, however many ask. */
export interface Renderer {
  /**
   * The payload of the value that `cursor` names. A promise only where a resolver reads something: who asks while it
   * reads shares it; whoever comes later gets what is true then.
   */
  render(value: unknown, cursor: Cursor): Payload | Promise<Payload>
  /** The payload of a value that is nobody else's. */
  renderOnce(value: unknown, cursor: Cursor | null): Payload | Promise<Payload>
}

export function createRenderer(selection: Selection, counters: RenderCounters): Renderer {
  const kept = new Map<Cursor, Payload | Promise<Payload>>()

  function renderOnce(value: unknown, cursor: Cursor | null): Payload | Promise<Payload> {
    counters.onExecution()
    const result = selection.execute(value)
    return result instanceof Promise
      ? result.then((late) => serialise(late, cursor))
      : serialise(result, cursor)
  }

  return {
    renderOnce,
    render(value, cursor) {
      const known = kept.get(cursor)
      if (known !== undefined) return known
      const payload = renderOnce(value, cursor)
      kept.set(cursor, payload)
      if (payload instanceof Promise) {
        const forget = () => kept.delete(cursor)
        payload.then(forget, forget)
      }
      if (kept.size > KEPT) {
        const [oldest] = kept.keys()
        if (oldest !== undefined) kept.delete(oldest)
      }
      return payload
    },
  }
}

function serialise(result: ExecutionResult, cursor: Cursor | null): Payload {
  return { json: Buffer.from(JSON.stringify(result)), cursor }
}
