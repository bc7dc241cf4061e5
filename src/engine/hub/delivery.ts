import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Cursor } from '../kernel/cursor.ts'

/** One result, serialised once for all its recipients. Treat as frozen. */
export interface Result {
  /** The ExecutionResult as JSON, in UTF-8. */
  readonly json: Buffer
  /** The cursor of its entry or snapshot; null for results without a position. */
  readonly cursor: Cursor | null
}

/**
 * Results that are sent together, in order. Many sinks receive the same payload, so a sink may cache on it what it encodes
 * for its transport.
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

/** The destination of a subscription's payloads: one operation on one connection. */
export interface Sink {
  send(payload: Payload): void
  /** True while so much is queued that state should be conflated and replay should pause. */
  isCongested(): boolean
  /** Resolves when the sink is no longer congested, or is closed. */
  drained(): Promise<void>
  /** Ends the operation from the server's side after everything already sent: with an error, or without (complete). */
  end(error?: GraphQLError): void
}

/** The selection of a subscriber: executes a value of the root field into a result. */
export interface Selection {
  /** Equal for subscribers who get the same bytes for the same value. */
  readonly key: string
  execute(value: unknown): ExecutionResult | Promise<ExecutionResult>
}

/** One running subscription, from the hub's side. */
export interface Subscriber {
  readonly selection: Selection
  /** The current viewer: it changes with the session's token, so read it when needed and never copy it. */
  readonly viewer: Viewer | null
  readonly sink: Sink
}
