import type { RostrumError } from './error.ts'
import { type Operation, type OperationResult, prepareOperation } from './operation.ts'
import { pause } from './pause.ts'
import { Progress } from './progress.ts'

export interface Sink<Result> {
  next(result: OperationResult<Result>): void
  /** The subscription is over, and nothing that the client does by itself would mend it. */
  error(error: RostrumError): void
  /** The subscription is over: the server ended it, or whoever asked for it. */
  complete(): void
}

/** Sends a subscription until the function that it returns is called. It may be sent again, with what `variables` hold by then. */
export type Open = <Result>(
  request: {
    readonly query: string
    readonly variables: Record<string, unknown>
    readonly operationName: string | null
  },
  sink: Sink<Result>,
) => () => void

export interface SubscriptionContext {
  readonly open: Open
  /** How long to wait before attempt 0, 1, 2 … at what the server could not do. In milliseconds. */
  readonly backoff: (attempt: number) => number
  /** Whether the subscription is tried for again after that, a while later. */
  readonly isPassing: (error: RostrumError) => boolean
  /** An entry came that was written at `at`, and is no snapshot. */
  readonly onEntry: (at: number) => void
}

const PASSING: ReadonlySet<string> = new Set(['UNAVAILABLE', 'RATE_LIMITED'])
/** The cursor is of another history: of who was signed in before, or of a record that is gone. */
const STALE = 'CURSOR_INVALID'

/** Whether the server said that it can't at the moment, or when to retry. */
export function isPassing({ code, retryAfterMs }: RostrumError): boolean {
  return PASSING.has(code) || retryAfterMs !== undefined
}

/** Subscribes, as often as it takes, until the function that it returns is called. */
export function keepSubscribed<Result, Variables>(
  operation: Operation<Result, Variables>,
  sink: Sink<Result>,
  context: SubscriptionContext,
): () => void {
  const { text, resumption } = prepareOperation(operation)
  const given: Record<string, unknown> = { ...operation.variables }
  const progress = resumption === null ? undefined : new Progress(resumption, given)
  const abort = new AbortController()
  let attempt = 0
  let leave = (): void => {}

  function begin(): void {
    leave = context.open<Result>(
      {
        query: text,
        variables: progress?.variables ?? given,
        operationName: operation.operationName ?? null,
      },
      { next: take, error: (error) => void end(error), complete: () => sink.complete() },
    )
  }

  function take(result: OperationResult<Result>): void {
    attempt = 0
    const { data } = result
    const taken = progress !== undefined && isObject(data) ? progress.take(data) : undefined
    if (taken?.kind === 'repeat') return
    if (taken?.kind === 'entry' && !taken.isSnapshot && taken.at !== null) context.onEntry(taken.at)
    sink.next(result)
  }

  async function end(error: RostrumError): Promise<void> {
    if (error.code === STALE && progress?.hasBegun) progress.startOver()
    else if (context.isPassing(error)) {
      await pause(error.retryAfterMs ?? context.backoff(attempt), abort.signal)
      attempt += 1
    } else {
      sink.error(error)
      return
    }
    if (abort.signal.aborted) sink.complete()
    else begin()
  }

  begin()
  return () => {
    abort.abort()
    leave()
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
