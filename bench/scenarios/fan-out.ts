import { generate } from '../run/generator.ts'
import { bestOf, burstOf, type LoadFigures, mostOf, type Pace, remarksOn } from '../run/load.ts'
import type { Column, Round, Values } from '../run/result.ts'
import type { Stage, System } from '../systems/system.ts'
import { SYSTEMS } from '../systems/systems.ts'
import type { Case, MeasureOptions, Scenario } from './scenario.ts'

/** At which all are asked for latency and CPU, before the rate rises. */
const MODERATE = 10_000
const START = 30_000
const SLOW_START = 4_000
const FEW = 100
/** Deliveries of what is published at once. */
const BURST = 500_000
const QUICK_BURST = 100_000

const COLUMNS: readonly Column[] = [
  { key: 'sustained', title: 'sustained, deliveries/s', digits: 0, better: 'higher' },
  { key: 'most', title: 'most, deliveries/s', digits: 0, better: 'higher' },
  { key: 'burst', title: 'in a burst, deliveries/s', digits: 0, better: 'higher' },
  { key: 'p50', title: 'p50, ms', digits: 1, better: 'lower' },
  { key: 'p99', title: 'p99, ms', digits: 1, better: 'lower' },
  { key: 'cpu', title: 'CPU each, µs', digits: 1, better: 'lower' },
]

/** `perEntry`: how many an entry is delivered to. Where that is few, entries are what costs. */
function paceOf(perEntry: number, { isSlow = false }: System, isQuick: boolean): Pace {
  const start = isSlow || perEntry < FEW ? SLOW_START : START
  return {
    // The first warms up.
    rates: [MODERATE / perEntry, MODERATE / perEntry],
    ramp: start / perEntry,
    factor: isQuick ? 3 : 1.5,
    seconds: isQuick ? 1 : 2,
    hasOverload: !isQuick,
    ...(perEntry < FEW ? {} : { burst: Math.round((isQuick ? QUICK_BURST : BURST) / perEntry) }),
  }
}

/** Latency and CPU are of the moderate rate. Nothing sustained is 0. */
function valuesOf(figures: LoadFigures): Values {
  const burst = burstOf(figures)
  const moderate = figures.phases.findLast(({ kind }) => kind === 'fixed')
  return {
    sustained: bestOf(figures)?.deliveriesPerSecond ?? 0,
    most: mostOf(figures),
    ...(burst === undefined ? {} : { burst }),
    ...(moderate === undefined
      ? {}
      : { p50: moderate.p50Ms, p99: moderate.p99Ms, cpu: moderate.cpuMicrosPerDelivery }),
  }
}

async function measure(system: System, stage: Stage, options: MeasureOptions): Promise<Round> {
  await using running = await system.start(stage, options)
  const pace = paceOf(stage.subscribers / stage.topics, system, options.isQuick)
  const figures = await generate({
    ...running.target,
    connections: stage.subscribers,
    publishing: { ...running.publishing, pace },
  })
  return { values: valuesOf(figures), remarks: remarksOn(figures), raw: figures }
}

const counted = (count: number): string => count.toLocaleString('en-US')

const EXPLANATION = `Sustained: everything arrived, and the p99 was below 100 ms. Burst: publications that make ${counted(BURST)} deliveries arrive at
once, faster than any server writes. Latency and CPU are measured at ${counted(MODERATE)} deliveries/s, after a warm-up.
Every publication is a request over HTTP (NATS: its own protocol), and its latency begins when it was due. Rostrum's
publications are mutations: signed in, checked, committed to PostgreSQL with fsync, and answered. The other servers store nothing and
hand the event to their bus at once, which is to Rostrum's disadvantage. CPU is that of the server process only.`

export const FAN_OUT: Scenario = {
  name: 'fanout',
  title: 'Fan-out: one topic, many subscribers',
  explanation: EXPLANATION,
  columns: COLUMNS,
  systems: SYSTEMS,
  cases: (isQuick): readonly Case[] =>
    (isQuick ? [1_000] : [1_000, 5_000, 10_000]).map((subscribers) => ({
      name: `${counted(subscribers)} subscribers`,
      measure: (system, options) => measure(system, { topics: 1, subscribers }, options),
    })),
}

export const ROOMS: Scenario = {
  name: 'rooms',
  title: 'Rooms: many topics, few subscribers each',
  explanation:
    'As above, with entries for all rooms in turn: the cost of an entry matters more than that of its deliveries.',
  columns: COLUMNS.filter(({ key }) => key !== 'burst'),
  systems: SYSTEMS,
  cases: (isQuick): readonly Case[] =>
    [[200, 10] as const, ...(isQuick ? [] : [[2_000, 5] as const])].map(([topics, members]) => ({
      name: `${counted(topics)} rooms of ${members}`,
      measure: (system, options) => measure(system, { topics, subscribers: topics * members }, options),
      missing: ({ key }) => (key === 'limit' ? 'it knows one topic' : undefined),
    })),
}
