import type { Viewer } from '../../platform/auth/viewer.ts'
import type { ServiceParts } from '../service.ts'
import { badUserInput, unauthenticated } from './client-errors.ts'

/** The inputs of a subscription's plan: the caller and the services of the node. */
export interface PlanContext {
  readonly services: ServiceParts
  /** Always the session's current viewer. Null for a visitor. */
  readonly viewer: Viewer | null
  /** Aborted when the client has left and no longer awaits the plan. */
  readonly signal: AbortSignal
  /**
   * Calls `onChange` when the viewer's rights change. The returned function stops the calls. Absent if the viewer stays the
   * same for the whole call.
   */
  readonly watchRights?: ((onChange: () => void) => () => void) | undefined
}

/** The signed-in caller. Throws UNAUTHENTICATED for a visitor. */
export function signedIn({ viewer }: Pick<PlanContext, 'viewer'>): Viewer {
  if (viewer === null) throw unauthenticated()
  return viewer
}

/** The argument of every subscription that reads a history: where to resume. */
export interface AfterArgs {
  readonly after?: string | null | undefined
}

/** The argument of subscriptions that send the latest state at most once per period. */
export interface PeriodArgs {
  readonly everyMs?: number | null | undefined
}

const MIN_PERIOD_MS = 100
const MAX_PERIOD_MS = 60_000

/** Throws BAD_USER_INPUT if the period is too short or too long. */
export function periodOf({ everyMs }: PeriodArgs, standardMs: number): number {
  const period = everyMs ?? standardMs
  if (period >= MIN_PERIOD_MS && period <= MAX_PERIOD_MS) return period
  throw badUserInput(`everyMs must be between ${MIN_PERIOD_MS} and ${MAX_PERIOD_MS}.`)
}
