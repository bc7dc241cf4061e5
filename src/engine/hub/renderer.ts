import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import { type Payload, payloadOf, type Selection } from './delivery.ts'
import type { Item } from './reader.ts'

/** How long readers who come back after a failure share it. */
const FAILURE_KEPT_MS = 2_000

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
   * it; later callers get what is true then.
   */
  render(value: object, cursor: Cursor): Payload | Promise<Payload>
  /** The same of an item. Rejects with UnreadableEntry where the selection can't be executed on it. */
  renderItem(item: Item): Payload | Promise<Payload>
  /** The payload of a value that nobody shares. */
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

  /** What `item` failed with, for a while also for all who ask for it again: each attempt would be executed, and logged. */
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

/** A refusal that does not speak of the entry, such as that the database is away. */
function isPassing(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions['code'] !== 'INTERNAL_SERVER_ERROR'
}

/**
 * Throws the error that left the result without data. The root field of a subscription can't be null, so the whole event is
 * missing, with its cursor: sent on, it would be a hole that the client can't find.
 */
function serialise(result: ExecutionResult, cursor: Cursor | null): Payload {
  const { data, errors } = result
  const [error] = errors ?? []
  if (error !== undefined && (data === null || data === undefined)) throw error
  return payloadOf(Buffer.from(JSON.stringify(result)), cursor)
}
