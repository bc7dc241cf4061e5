import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Cursor } from '../kernel/cursor.ts'

/** One result, serialised once for all who get it. Treat as frozen. */
export interface Result {
  /** The ExecutionResult as JSON, in UTF-8. */
  readonly json: Buffer
  /** The cursor of the entry or snapshot in it; null for what has no position. */
  readonly cursor: Cursor | null
}

/**
 * Results that leave together, in order. Many sinks get the same one: what a sink makes of it for its transport can be kept
 * for the next.
 */
export interface Payload {
  readonly results: readonly Result[]
}

export function payloadOf(json: Buffer, cursor: Cursor | null): Payload {
  return { results: [{ json, cursor }] }
}

export function joined(payloads: readonly Payload[]): Payload {
  const [first] = payloads
  if (first !== undefined && payloads.length === 1) return first
  return { results: payloads.flatMap(({ results }) => results) }
}

/** Where a subscription's payloads go: one operation on one connection. */
export interface Sink {
  send(payload: Payload): void
  /** True while so much is queued that state should be conflated and replay should pause. */
  isCongested(): boolean
  /** Resolves when the sink is no longer congested, or is closed. */
  drained(): Promise<void>
  /** Ends the operation from the server's side, after what was sent: with an error, or without (complete). */
  end(error?: GraphQLError): void
}

/** What a subscriber asked for: how a value of the root field turns into a result. */
export interface Selection {
  /** Equal for subscribers who get the same bytes for the same value. */
  readonly key: string
  execute(value: unknown): ExecutionResult | Promise<ExecutionResult>
}

/** One running subscription, from the hub's side. */
export interface Subscriber {
  readonly selection: Selection
  /** The present one: a session's viewer changes with its token. Read it when it is needed, and never copy it. */
  readonly viewer: Viewer | null
  readonly sink: Sink
}
