import type { RostrumError } from './error.ts'
import { type Operation, type OperationResult, prepareOperation } from './operation.ts'
import { pause } from './pause.ts'
import { Progress } from './progress.ts'

export interface Sink<Result> {
  next(result: OperationResult<Result>): void
  /** The subscription ended with an error that retrying cannot fix. */
  error(error: RostrumError): void
  /** The subscription ended: the server completed it, or you unsubscribed. */
  complete(): void
}

/** Subscribes until the returned function is called. May subscribe again, with the current `variables`. */
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
  /** Delay before attempt 0, 1, 2 … after a temporary refusal, in milliseconds. */
  readonly backoff: (attempt: number) => number
  /** Whether to retry after this error. */
  readonly isPassing: (error: RostrumError) => boolean
  /** Called for each entry other than a snapshot, with the time it was written. */
  readonly onEntry: (at: number) => void
}

const PASSING: ReadonlySet<string> = new Set(['UNAVAILABLE', 'RATE_LIMITED'])
/** The cursor belongs to another history: of a previous user, or of a database that was replaced. */
const STALE = 'CURSOR_INVALID'

/** Whether the server refused temporarily, or said when to retry. */
export function isPassing({ code, retryAfterMs }: RostrumError): boolean {
  return PASSING.has(code) || retryAfterMs !== undefined
}

/** Subscribes, again and again if necessary, until the returned function is called. */
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
