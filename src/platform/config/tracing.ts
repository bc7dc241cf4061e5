import { type Secret, secret } from './secret.ts'
import type { Variables } from './variables.ts'

export interface SamplerConfig {
  readonly kind: 'always_on' | 'always_off' | 'traceidratio'
  /** Share of traces to keep, from 0 to 1, if `kind` uses it. */
  readonly ratio: number
  /** Whether to follow the sampling decision of a trace that began elsewhere. */
  readonly isParentBased: boolean
}

export interface TracingConfig {
  /** The endpoint for spans. May contain a password. */
  readonly url: Secret
  readonly serviceName: string
  readonly sampler: SamplerConfig
  readonly scheduleDelayMs: number
}

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const
const MAX_DELAY_MS = 60_000

/**
 * Reads OpenTelemetry's own variables:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. Null if no collector is
 * configured.
 */
export function readTracing(variables: Variables): TracingConfig | null {
  const url = readUrl(variables)
  const sampler = readSampler(variables)
  const scheduleDelayMs = variables.wholeNumber('OTEL_BSP_SCHEDULE_DELAY', 5_000, {
    min: 1,
    max: MAX_DELAY_MS,
  })
  if (url === undefined || variables.flag('OTEL_SDK_DISABLED', false)) return null
  const serviceName = variables.text('OTEL_SERVICE_NAME') ?? 'rostrum'
  return { url: secret(url), serviceName, sampler, scheduleDelayMs }
}

/** The endpoint for traces is used as is; to the one for all signals the signal's path is appended. */
function readUrl(variables: Variables): string | undefined {
  const protocols = ['http:', 'https:']
  const base = variables.address('OTEL_EXPORTER_OTLP_ENDPOINT', protocols)
  const own = variables.address('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', protocols)
  return own ?? (base === undefined ? undefined : `${base.replace(/\/$/u, '')}/v1/traces`)
}

function readSampler(variables: Variables): SamplerConfig {
  const name = variables.choice('OTEL_TRACES_SAMPLER', 'parentbased_always_on', SAMPLERS)
  const text = variables.text('OTEL_TRACES_SAMPLER_ARG')?.trim() ?? '1'
  const ratio = Number(text)
  if (!(ratio >= 0 && ratio <= 1)) {
    variables.refuse('OTEL_TRACES_SAMPLER_ARG', 'is not a ratio', 'a number from 0 to 1')
  }
  const isParentBased = name.startsWith('parentbased_')
  switch (name) {
    case 'always_on':
    case 'parentbased_always_on':
      return { kind: 'always_on', ratio: 1, isParentBased }
    case 'always_off':
    case 'parentbased_always_off':
      return { kind: 'always_off', ratio: 0, isParentBased }
    case 'traceidratio':
    case 'parentbased_traceidratio':
      return { kind: 'traceidratio', ratio, isParentBased }
  }
}
