/** Names a span, on this node or elsewhere, to go on from: `traceparent` of https://www.w3.org/TR/trace-context/. */
export type TraceParent = string

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** By the semantic conventions of OpenTelemetry where they have a name. Never tokens, variables, or what people wrote. */
export type Attributes = Readonly<Record<string, string | number>>

export interface SpanStart {
  /** Of few different ones. */
  readonly name: string
  readonly kind: SpanKind
  /** Absent: what is running. What is malformed is no parent. */
  readonly parent?: TraceParent | undefined
  readonly links?: readonly TraceParent[]
  readonly attributes: Attributes
}

/** A step on the way from a request to its deliveries. */
export interface Span {
  readonly context: TraceParent
  /** False where the sampler left it out. */
  readonly isRecorded: boolean
  set(attributes: Attributes): void
  /** `type`: a code or the name of a class, never a message. */
  fail(type: string): void
  /** Calling it again does nothing. */
  end(): void
}

/** Records how requests go through the nodes. */
export interface Tracing {
  /** False: whoever would have to do something for a span need not. */
  readonly isOn: boolean
  start(start: SpanStart): Span
  /** Runs `work`, also what it begins and awaits, as part of `span`. */
  within<Result>(span: Span, work: () => Result): Result
  /** The span that is running. */
  current(): TraceParent | undefined
  /** Sends what is recorded, as far as the receiver takes it within two seconds. Never rejects. */
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

/** Whether the sampler took what `trace` names. */
export function isRecorded(trace: TraceParent): boolean {
  return (Number.parseInt(trace.slice(-2), 16) & 1) === 1
}

/** Runs `work` as a span, from its call to its settling. */
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

/** What to call an error: the code that clients are shown, or the name of its class. */
export function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('extensions' in error && typeof error.extensions === 'object' && error.extensions !== null) {
    const code: unknown = Reflect.get(error.extensions, 'code')
    if (typeof code === 'string') return code
  }
  return error.constructor.name
}
