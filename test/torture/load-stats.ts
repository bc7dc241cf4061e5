import { type Attempt, countCodes } from './attempts.ts'
import { quantileOf } from './latency.ts'

/** A node's throughput at its peak, and at a multiple of that load. */
export interface Loads {
  readonly peak: readonly Attempt[]
  readonly peakRate: number
  readonly over: readonly Attempt[]
  readonly overRate: number
}

export interface LoadBounds {
  /** Minimum accepted per second, as a share of the peak. */
  readonly goodput: number
  readonly refusalMs: number
  /** Maximum p99 of accepted commands, as a multiple of that at the peak. */
  readonly latency: number
}

/** Ramp-up time of a load. */
export const RAMP_MS = 1_500

const isAccepted = ({ kind }: Attempt): boolean => kind === 'accepted'
const isRefused = ({ code }: Attempt): boolean => code === 'OVERLOADED'
const p99Of = (attempts: readonly Attempt[]): number =>
  quantileOf(
    attempts.map(({ tookMs }) => tookMs),
    0.99,
  )

/** Accepted per second, after the ramp-up. */
export function rateOf(attempts: readonly Attempt[], forMs: number): number {
  const beganMs = attempts.reduce(
    (least, { attempted }) => Math.min(least, attempted.beganMs),
    Number.POSITIVE_INFINITY,
  )
  const [fromMs, untilMs] = [beganMs + RAMP_MS, beganMs + forMs]
  const counted = attempts.filter(
    (each) => isAccepted(each) && each.attempted.endedMs >= fromMs && each.attempted.endedMs < untilMs,
  )
  return (counted.length * 1000) / (untilMs - fromMs)
}

/** Violations of a node above its capacity, as sentences. */
export function faultsOfLoads(
  { peak, peakRate, over, overRate }: Loads,
  { goodput, refusalMs, latency }: LoadBounds,
): readonly string[] {
  const refused = over.filter(isRefused)
  const vague = refused.filter(({ retryAfterMs = 0 }) => retryAfterMs <= 0)
  const others = over.filter((each) => !isAccepted(each) && !isRefused(each))
  const [peakP99, overP99, refusedP99] = [peak.filter(isAccepted), over.filter(isAccepted), refused].map(
    p99Of,
  )
  const findings: readonly (readonly [isRight: boolean, sentence: string])[] = [
    [others.length === 0, `Past its capacity a node answered ${countCodes(others)}.`],
    [vague.length === 0, `${vague.length} refusals do not say when to retry.`],
    [
      overRate >= goodput * peakRate,
      `${overRate.toFixed(0)} a second were accepted under overload, and ${peakRate.toFixed(0)} at the peak.`,
    ],
    [(refusedP99 ?? 0) <= refusalMs, `A refusal takes ${refusedP99} ms.`],
    [
      (overP99 ?? 0) <= latency * (peakP99 ?? 0),
      `An accepted command takes ${overP99} ms, and ${peakP99} ms at the peak.`,
    ],
  ]
  return findings.filter(([isRight]) => !isRight).map(([, sentence]) => sentence)
}

export function reportLoads({ peak, peakRate, over, overRate }: Loads): Readonly<Record<string, string>> {
  const falsely = over.filter(({ code }) => code === 'UNAVAILABLE')
  return {
    'false UNAVAILABLE answers': `${falsely.length}`,
    answers: countCodes(over),
    'accepted a second at the peak, under overload': `${peakRate.toFixed(0)}, ${overRate.toFixed(0)}`,
    'p99 of accepted at the peak, under overload': `${p99Of(peak.filter(isAccepted))} ms, ${p99Of(over.filter(isAccepted))} ms`,
    'p99 of refusals': `${p99Of(over.filter(isRefused))} ms`,
  }
}
