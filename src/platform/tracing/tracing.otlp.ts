import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Context,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { ExportResultCode, parseTraceParent } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { SamplerConfig, TracingConfig } from '../config/tracing.ts'
import type { Span, SpanKind, SpanStart, TraceParent, Tracing } from './tracing.ts'

export interface OtlpTracingOptions extends TracingConfig {
  /** Identifies this node. */
  readonly node: string
  readonly version: string
  /** Called when the collector starts to refuse or is unreachable, not for each later attempt. */
  readonly onFault: (error: unknown) => void
}

/** How long an unresponsive collector may delay one export, and the end of the process. */
const EXPORT_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 2_000

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
}

/**
 * Sends spans by OTLP over HTTP, in batches, in the background. Spans that the collector does not accept in time are
 * dropped. Registers nothing globally, so nodes in one process stay independent.
 */
export function createOtlpTracing(options: OtlpTracingOptions): Tracing {
  const running = new AsyncLocalStorage<Context>()
  const contexts = new WeakMap<Span, Context>()
  const exporter = new OTLPTraceExporter({
    url: options.url.reveal(),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  })
  const provider = new TracerProvider({
    sampler: createSampler(options.sampler),
    resource: resourceFromAttributes({
      'service.version': options.version,
      'service.instance.id': options.node,
    })
      .merge(detectResources({ detectors: [envDetector] }))
      .merge(resourceFromAttributes({ 'service.name': options.serviceName })),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: telling(exporter, options.onFault),
        scheduledDelayMillis: options.scheduleDelayMs,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  })
  const tracer = provider.getTracer('rostrum', options.version)

  function parentOf({ parent }: SpanStart): Context {
    if (parent === undefined) return running.getStore() ?? ROOT_CONTEXT
    const context = parseTraceParent(parent)
    return context === null
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote: true })
  }

  function start(given: SpanStart): Span {
    const parent = parentOf(given)
    const links = given.links?.map(parseTraceParent).filter((context) => context !== null) ?? []
    const span = tracer.startSpan(
      given.name,
      {
        kind: KINDS[given.kind],
        attributes: { ...given.attributes },
        links: links.map((context) => ({ context })),
      },
      parent,
    )
    const made = wrap(span)
    contexts.set(made, trace.setSpan(parent, span))
    return made
  }

  return {
    isOn: true,
    start,
    within: (span, work) => running.run(contexts.get(span) ?? ROOT_CONTEXT, work),
    current() {
      const store = running.getStore()
      const context = store === undefined ? undefined : trace.getSpanContext(store)
      return context === undefined ? undefined : traceParentOf(context)
    },
    async close() {
      const given = new AbortController()
      const shutDown = provider.shutdown().catch(options.onFault)
      const expired = pause(CLOSE_TIMEOUT_MS, undefined, { signal: given.signal }).catch(() => {})
      await Promise.race([shutDown, expired])
      given.abort()
    },
  }
}

function wrap(span: OtelSpan): Span {
  let isEnded = false
  return {
    context: traceParentOf(span.spanContext()),
    isRecorded: span.isRecording(),
    set: (attributes) => void span.setAttributes({ ...attributes }),
    fail(type) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      span.setAttribute('error.type', type)
    },
    end() {
      if (isEnded) return
      isEnded = true
      span.end()
    },
  }
}

function traceParentOf(context: ReturnType<OtelSpan['spanContext']>): TraceParent {
  const flags = context.traceFlags.toString(16).padStart(2, '0')
  return `00-${context.traceId}-${context.spanId}-${flags}`
}

function createSampler({ kind, ratio, isParentBased }: SamplerConfig): Sampler {
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }[kind]()
  return isParentBased ? new ParentBasedSampler({ root }) : root
}

/** Wraps `exporter` to report failed exports. */
function telling(exporter: SpanExporter, onFault: (error: unknown) => void): SpanExporter {
  let isFailing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS
        if (failed && !isFailing) onFault(result.error)
        isFailing = failed
        done(result)
      })
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
