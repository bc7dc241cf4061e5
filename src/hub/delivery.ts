import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Viewer } from '../auth/viewer.ts'
import type { Cursor } from '../kernel/cursor.ts'

/** One result as every member of a group gets it, serialised once. Treat as frozen. */
export interface Payload {
  /** The ExecutionResult as JSON, in UTF-8. */
  readonly json: Buffer
  /** The cursor of the entry or snapshot in it; null for what has no position. */
  readonly cursor: Cursor | null
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
  readonly viewer: Viewer | null
  readonly sink: Sink
}
