import type { Latencies } from './latency.ts'
import { megabytes } from './processes.ts'
import type { Work } from './work.ts'

/** A node before the attack. */
export interface BeforeAttack {
  readonly baseline: Latencies
  readonly residentBefore: number
  readonly idle: Work
  /** Live bytes, after garbage collection. */
  readonly usedBefore: number
}

/** The node under one attack, and some time after it. */
export interface UnderAttack {
  readonly name: string
  readonly sent: number
  readonly latencies: Latencies
  readonly peakBytes: number
  readonly notReady: number
  readonly work: Work
}

export interface AttackBounds {
  /** Maximum honest p99, as a multiple of the p99 before; never a fault below the floor. */
  readonly latency: number
  readonly floorMs: number
  /** Of resident memory. */
  readonly resident: number
}

/** Maximum increase over the load without an attacker: share of one core, and transactions per second. */
const MORE_CPU_MS = 150
const MORE_TRANSACTIONS = 20
/** Tolerance for what a full collection leaves. */
const MORE_USED_BYTES = 30 * 2 ** 20
const KINDS = ['echo', 'read', 'message'] as const

/** The violations that honest clients and operators noticed, as sentences. */
export function faultsOfAttacks(
  before: BeforeAttack,
  under: readonly UnderAttack[],
  usedAfter: number,
  bounds: AttackBounds,
): readonly string[] {
  const faults = under.flatMap((one) => [
    ...faultsOfLatencies(before.baseline, one, bounds),
    ...faultsOfNode(before, one, bounds),
  ])
  const isKept = usedAfter > before.usedBefore + MORE_USED_BYTES
  const kept = `Memory in use rose from ${megabytes(before.usedBefore)} to ${megabytes(usedAfter)} for good.`
  return isKept ? [...faults, kept] : faults
}

function faultsOfLatencies(
  baseline: Latencies,
  { name, latencies }: UnderAttack,
  { latency, floorMs }: AttackBounds,
): readonly string[] {
  return KINDS.flatMap((kind) => {
    const { p99, failed, count } = latencies[kind]
    const mostMs = Math.max(floorMs, latency * baseline[kind].p99)
    const shown = `The p99 of an honest ${kind} under ${name} is ${Math.round(p99)} ms, above ${Math.round(mostMs)}.`
    return [
      ...(failed > 0 ? [`${failed} of ${count} honest ${kind}s failed under ${name}.`] : []),
      ...(p99 > mostMs ? [shown] : []),
    ]
  })
}

function faultsOfNode(
  { residentBefore, idle }: BeforeAttack,
  { name, peakBytes, notReady, work }: UnderAttack,
  { resident }: AttackBounds,
): readonly string[] {
  const isBusy = work.cpuMs > 2 * idle.cpuMs + MORE_CPU_MS
  const asks = work.transactions > 2 * idle.transactions + MORE_TRANSACTIONS || work.waiting > 0
  const holds = work.connections > idle.connections || work.subscriptions > idle.subscriptions
  const findings: readonly (readonly [isRight: boolean, sentence: string])[] = [
    [
      peakBytes <= resident * residentBefore,
      `RSS rose from ${megabytes(residentBefore)} to ${megabytes(peakBytes)} under ${name}.`,
    ],
    [notReady === 0, `/ready took a node out of service ${notReady} times under ${name}.`],
    [
      !isBusy && !asks && !holds,
      `Work is left after ${name}: ${JSON.stringify(work)}, before: ${JSON.stringify(idle)}.`,
    ],
  ]
  return findings.filter(([isRight]) => !isRight).map(([, sentence]) => sentence)
}

function shown(latencies: Latencies): string {
  const failed = KINDS.reduce((sum, kind) => sum + latencies[kind].failed, 0)
  const times = KINDS.map((kind) => `${Math.round(latencies[kind].p99)}`).join(' / ')
  return `${times} ms${failed === 0 ? '' : `, ${failed} failed`}`
}

export function reportAttacks(
  { baseline, residentBefore, idle, usedBefore }: BeforeAttack,
  under: readonly UnderAttack[],
  usedAfter: number,
): Readonly<Record<string, string>> {
  const peak = Math.max(...under.map(({ peakBytes }) => peakBytes))
  const notReady = under.reduce((sum, one) => sum + one.notReady, 0)
  return {
    'honest p99 before, echo / read / message': shown(baseline),
    ...Object.fromEntries(under.map((one) => [`honest p99 under ${one.name}`, shown(one.latencies)])),
    'peak RSS before, under all': `${megabytes(residentBefore)}, ${megabytes(peak)}`,
    'in use without garbage before, after': `${megabytes(usedBefore)}, ${megabytes(usedAfter)}`,
    'answers of /ready other than 200': `${notReady}`,
    'work before, afterwards, ms of a core a second': [idle, ...under.map(({ work }) => work)]
      .map(({ cpuMs }) => cpuMs.toFixed(0))
      .join(', '),
    'operations sent': under.map(({ sent }) => sent).join(', '),
  }
}
