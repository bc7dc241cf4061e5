import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import { type Payload, payloadOf, type Selection } from './delivery.ts'
import type { Item } from './reader.ts'

/** How long readers who retry after a failure share its error. */
const FAILURE_KEPT_MS = 2_000

export interface RenderCounters {
  /** One execution of a selection against one value. */
  onExecution(): void
  /** `count` payloads were sent to sinks. */
  onDelivery(count: number): void
  /**
   * An entry committed at this time was sent to all live readers, or to those of one group if its rendering is
   * asynchronous.
   */
  onLive(committedAt: Instant): void
}

/** Executes a selection once per value, for any number of callers, as long as the value is referenced. */
export interface Renderer {
  /**
   * The payload of a shared value. A promise only if a resolver reads data: concurrent callers share
   * it; later callers read again.
   */
  render(value: object, cursor: Cursor): Payload | Promise<Payload>
  /** The same for an item. Rejects with UnreadableEntry if the selection can't be executed on it. */
  renderItem(item: Item): Payload | Promise<Payload>
  /** The payload of a value for a single reader. */
  renderOnce(value: unknown, cursor: Cursor | null): Payload | Promise<Payload>
}

export function createRenderer(selection: Selection, counters: RenderCounters): Renderer {
  const kept = new WeakMap<object, Payload | Promise<Payload>>()
  const failed = new WeakMap<object, { readonly failure: UnreadableEntry; readonly until: number }>()

  function renderOnce(value: unknown, cursor: Cursor | null): Payload | Promise<Payload> {
    counters.onExecution()
    const result = selection.execute(value)
    return result instanceof Promise
      ? result.then((late) => serialise(late, cursor))
      : serialise(result, cursor)
  }

  function render(value: object, cursor: Cursor): Payload | Promise<Payload> {
    const known = kept.get(value)
    if (known !== undefined) return known
    const payload = renderOnce(value, cursor)
    kept.set(value, payload)
    if (payload instanceof Promise) {
      const forget = () => kept.delete(value)
      payload.then(forget, forget)
    }
    return payload
  }

  /** Keeps the error of `item` for a while for later callers, because each attempt would be executed and logged. */
  function failureOf({ topic, offset, event }: Item, error: unknown): unknown {
    if (isPassing(error)) return error
    const failure = new UnreadableEntry(topic, offset, error)
    failed.set(event, { failure, until: performance.now() + FAILURE_KEPT_MS })
    return failure
  }

  return {
    renderOnce,
    render,
    renderItem(item) {
      const known = failed.get(item.event)
      if (known !== undefined && performance.now() < known.until) return Promise.reject(known.failure)
      try {
        const payload = render(item.event, item.cursor)
        if (!(payload instanceof Promise)) return payload
        return payload.catch((error: unknown) => Promise.reject(failureOf(item, error)))
      } catch (error) {
        return Promise.reject(failureOf(item, error))
      }
    },
  }
}

/** Whether an error is unrelated to the entry, such as an unavailable database. */
function isPassing(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions['code'] !== 'INTERNAL_SERVER_ERROR'
}

/**
 * Throws the error that left the result without data. The root field of a subscription is non-null, so the whole event is
 * missing, including its cursor: sending it would leave a gap that the client can't detect.
 */
function serialise(result: ExecutionResult, cursor: Cursor | null): Payload {
  const { data, errors } = result
  const [error] = errors ?? []
  if (error !== undefined && (data === null || data === undefined)) throw error
  return payloadOf(Buffer.from(JSON.stringify(result)), cursor)
}
