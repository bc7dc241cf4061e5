import { type Secret, secret } from './secret.ts'
import type { Variables } from './variables.ts'

export interface SamplerConfig {
  readonly kind: 'always_on' | 'always_off' | 'traceidratio'
  /** Of traces that are kept, from 0 to 1, where `kind` asks for it. */
  readonly ratio: number
  /** Whether a trace that began elsewhere is kept as it was there. */
  readonly isParentBased: boolean
}

export interface TracingConfig {
  /** Where spans are posted to. May hold a password. */
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
 * By OpenTelemetry's own variables: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
 * Null where no receiver is named.
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

/** That for traces is taken as it is, that for all signals is what their paths follow. */
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
    variables.refuse('OTEL_TRACES_SAMPLER_ARG', 'is no share', 'a number from 0 to 1')
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
