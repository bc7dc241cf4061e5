import type { GraphQLError } from 'graphql'
import type { Offset } from '../kernel/position.ts'
import type { RenderCounters } from './renderer.ts'
import type { ResetReason } from './resume.ts'

/** What a stream reports. */
export interface StreamEvents extends RenderCounters {
  /** A reader began with a replay from its cursor. */
  onReplay(): void
  onReset(reason: ResetReason): void
  /** A fault of ours; returns the error that readers are shown. Counts entries that could not be presented. */
  onFault(error: unknown): GraphQLError
}

/** How far a stream has come. */
export interface StreamPosition {
  /** Everything up to here was handed to the groups. */
  readonly head: Offset
  /** Grows when the history no longer continues what was handed out. */
  readonly generation: number
}
