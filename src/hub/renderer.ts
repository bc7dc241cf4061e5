import type { ExecutionResult } from 'graphql'
import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import { type Payload, payloadOf, type Selection } from './delivery.ts'

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

/** Executes a selection once per value, however many ask, for as long as somebody holds the value. */
export interface Renderer {
  /**
   * The payload of a value that many get. A promise only where a resolver reads something: who asks while it reads shares
   * it; whoever comes later gets what is true then.
   */
  render(value: object, cursor: Cursor): Payload | Promise<Payload>
  /** The payload of a value that is nobody else's. */
  renderOnce(value: unknown, cursor: Cursor | null): Payload | Promise<Payload>
}

export function createRenderer(selection: Selection, counters: RenderCounters): Renderer {
  const kept = new WeakMap<object, Payload | Promise<Payload>>()

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
      const known = kept.get(value)
      if (known !== undefined) return known
      const payload = renderOnce(value, cursor)
      kept.set(value, payload)
      if (payload instanceof Promise) {
        const forget = () => kept.delete(value)
        payload.then(forget, forget)
      }
      return payload
    },
  }
}

function serialise(result: ExecutionResult, cursor: Cursor | null): Payload {
  return payloadOf(Buffer.from(JSON.stringify(result)), cursor)
}
