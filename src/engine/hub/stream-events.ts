import type { GraphQLError } from 'graphql'
import type { Offset } from '../kernel/position.ts'
import type { RenderCounters } from './renderer.ts'
import type { ResetReason } from './resume.ts'

/** The events that a stream reports. */
export interface StreamEvents extends RenderCounters {
  /** Called when a reader began with a replay from its cursor. */
  onReplay(): void
  onReset(reason: ResetReason): void
  /** Reports a fault of the server and returns the masked error for readers. Counts entries that could not be presented. */
  onFault(error: unknown): GraphQLError
}

/** The progress of a stream. */
export interface StreamPosition {
  /** Everything up to here was delivered to the groups. */
  readonly head: Offset
  /** Increases when the history no longer continues the delivered entries. */
  readonly generation: number
}
