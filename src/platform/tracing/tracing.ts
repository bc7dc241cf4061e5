/** Identifies a parent span, on this node or elsewhere: `traceparent` of https://www.w3.org/TR/trace-context/. */
export type TraceParent = string

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** Named by OpenTelemetry's semantic conventions where they apply. Never contains tokens, variables or user input. */
export type Attributes = Readonly<Record<string, string | number>>

export interface SpanStart {
  /** Low cardinality. */
  readonly name: string
  readonly kind: SpanKind
  /** Default: the running span. A malformed value means no parent. */
  readonly parent?: TraceParent | undefined
  readonly links?: readonly TraceParent[]
  readonly attributes: Attributes
}

/** A step between a request and its deliveries. */
export interface Span {
  readonly context: TraceParent
  /** False if not sampled. */
  readonly isRecorded: boolean
  set(attributes: Attributes): void
  /** `type`: a code or class name, never a message. */
  fail(type: string): void
  /** Idempotent. */
  end(): void
}

/** Traces requests through the nodes. */
export interface Tracing {
  /** False if callers can skip work that only serves a span. */
  readonly isOn: boolean
  start(start: SpanStart): Span
  /** Runs `work`, including everything it starts asynchronously, as part of `span`. */
  within<Result>(span: Span, work: () => Result): Result
  /** The current span. */
  current(): TraceParent | undefined
  /** Flushes recorded spans, for at most two seconds. Never rejects. */
  close(): Promise<void>
}

const NO_SPAN: Span = { context: '', isRecorded: false, set() {}, fail() {}, end() {} }

/** Records nothing. */
export const NO_TRACING: Tracing = {
  isOn: false,
  start: () => NO_SPAN,
  within: (_span, work) => work(),
  current: () => undefined,
  close: async () => {},
}

/** Whether the span identified by `trace` is sampled. */
export function isRecorded(trace: TraceParent): boolean {
  return (Number.parseInt(trace.slice(-2), 16) & 1) === 1
}

/** Runs `work` inside a span that lasts until it settles. */
export async function traced<Result>(
  tracing: Tracing,
  start: SpanStart,
  work: (span: Span) => Promise<Result> | Result,
): Promise<Result> {
  const span = tracing.start(start)
  try {
    return await tracing.within(span, () => work(span))
  } catch (error) {
    span.fail(typeOf(error))
    throw error
  } finally {
    span.end()
  }
}

/** The type of an error: the code that clients see, or its class name. */
export function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('extensions' in error && typeof error.extensions === 'object' && error.extensions !== null) {
    const code: unknown = Reflect.get(error.extensions, 'code')
    if (typeof code === 'string') return code
  }
  return error.constructor.name
}
