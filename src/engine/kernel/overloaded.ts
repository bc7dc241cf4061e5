/**
 * The node has more work than it can finish in time and refused this work at once. Nothing of it has begun, so
 * retrying is safe. Never thrown because a dependency of the node is unavailable.
 */
export class Overloaded extends Error {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    // Under overload, thousands a second are created; capturing a stack would cost more than everything else here.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super('The server is overloaded.')
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'Overloaded'
    this.retryAfterMs = retryAfterMs
  }
}

const MAX_CAUSES = 8

/** Finds the Overloaded in `error` and its causes, because query builders wrap the error of a statement. */
export function overloadOf(error: unknown): Overloaded | undefined {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    if (cause instanceof Overloaded) return cause
    cause = cause.cause
  }
  return undefined
}
