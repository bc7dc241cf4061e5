/**
 * The node has more work than it can finish in time, so this was refused at once. Nothing of it has begun:
 * retrying is safe. Never thrown because a part the node depends on is away.
 */
export class Overloaded extends Error {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    // Thousands a second are thrown when there is least time for it, and a stack costs more than all the rest.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super('The server is overloaded.')
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'Overloaded'
    this.retryAfterMs = retryAfterMs
  }
}

const MAX_CAUSES = 8

/** The Overloaded among `error` and its causes: query builders wrap what a statement failed with. */
export function overloadOf(error: unknown): Overloaded | undefined {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    if (cause instanceof Overloaded) return cause
    cause = cause.cause
  }
  return undefined
}
