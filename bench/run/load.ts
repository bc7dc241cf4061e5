/** The generator's input: see the head of `generator/load.cpp`. Times in seconds unless stated otherwise. */
export interface LoadPlan {
  readonly ports: readonly number[]
  readonly pids: readonly number[]
  readonly protocol: 'raw' | 'graphql' | 'socket.io' | 'nats'
  readonly path: string
  readonly connections: number
  readonly concurrency?: number
  /** Files of one item a line. */
  readonly topics: string
  readonly tokens: string
  readonly queries: string
  readonly init?: string
  readonly variables?: string
  readonly ready?: 'first' | 'pong'
  readonly settle?: number
  readonly collect?: number
  readonly catchUp?: number
  readonly asking?: Asking
  readonly publishing?: Publishing
}

/** Each connection asks the first of the queries, a mutation, over and over, each time when it was answered. */
export interface Asking {
  /** With `{topic}` and `{number}`. */
  readonly variables: string
  readonly from: number
  readonly seconds: number
}

export interface Publishing {
  /** With `{topic}`, `{time}` and `{number}`; `\r` and `\n` as two characters each. */
  readonly request: string
  readonly port: number
  readonly connections: number
  readonly hello?: string
  readonly refusal?: string
  readonly pace: Pace
}

/** In entries a second. */
export interface Pace {
  readonly rates?: readonly number[]
  readonly ramp?: number
  readonly factor?: number
  readonly seconds: number
  readonly hasOverload?: boolean
  /** So many at once, at last. */
  readonly burst?: number
}

/** One pace kept up for a while. CPU in cores, times in milliseconds from when an entry was due. */
export interface Phase {
  readonly kind: 'fixed' | 'ramp' | 'retry' | 'bisect' | 'overload' | 'burst'
  readonly entriesPerSecond: number
  readonly published: number
  readonly refused: number
  readonly expected: number
  readonly received: number
  readonly unexpected: number
  readonly deliveriesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly answerP50Ms: number
  readonly answerP99Ms: number
  readonly serverCpu: number
  readonly generatorCpu: number
  readonly cpuMicrosPerDelivery: number
  /** All arrived, nothing else did, and the p99 was within the limit. */
  readonly isSustained: boolean
}

/** What the generator says. */
export interface LoadFigures {
  readonly connections: number
  readonly connected: number
  readonly connectsPerSecond: number
  readonly connectP99Ms: number
  readonly connectGeneratorCpu: number
  readonly residentKilobytesPerConnection: number
  readonly catchUp?: {
    readonly caughtUp: number
    readonly entriesPerSecond: number
    readonly p99Ms: number
    readonly serverCpu: number
    readonly generatorCpu: number
  }
  readonly asking?: {
    readonly answersPerSecond: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly serverCpu: number
    readonly generatorCpu: number
    readonly asked: number
    /** How often what was answered, by `outcome` or `code`. */
    readonly answers: Readonly<Record<string, number>>
  }
  readonly phases: readonly Phase[]
  readonly messages: number
  readonly bytes: number
  readonly unexpected: number
  readonly dead: number
}

/** Above this share of its core, figures may be the generator's own. */
const BUSY = 0.9

function wordsOf(options: Readonly<Record<string, string | number | undefined>>): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  )
}

/** The words of the generator's command line. */
export function wordsOfPlan(plan: LoadPlan): readonly string[] {
  const { asking, publishing } = plan
  return [
    ...wordsOf({
      port: plan.ports.join(','),
      pid: plan.pids.length === 0 ? undefined : plan.pids.join(','),
      protocol: plan.protocol,
      path: plan.path,
      connections: plan.connections,
      concurrency: plan.concurrency,
      topics: plan.topics,
      tokens: plan.tokens,
      queries: plan.queries,
      init: plan.init,
      variables: plan.variables,
      ready: plan.ready,
      settle: plan.settle,
      collect: plan.collect,
      'catch-up': plan.catchUp,
    }),
    ...(asking === undefined
      ? []
      : wordsOf({ ask: asking.variables, 'ask-from': asking.from, seconds: asking.seconds })),
    ...(publishing === undefined ? [] : wordsOfPublishing(publishing)),
  ]
}

function wordsOfPublishing({
  request,
  port,
  connections,
  hello,
  refusal,
  pace,
}: Publishing): readonly string[] {
  return [
    ...wordsOf({
      publish: request,
      'publish-port': port,
      'publish-connections': connections,
      'publish-hello': hello,
      refusal,
      rates: pace.rates?.join(','),
      ramp: pace.ramp,
      factor: pace.factor,
      seconds: pace.seconds,
      burst: pace.burst,
    }),
    ...(pace.hasOverload === true ? ['--overload'] : []),
  ]
}

/** Reads what the generator printed. Throws where a connection failed or ended: then nothing else counts. */
export function readFigures(text: string): LoadFigures {
  const figures: LoadFigures = JSON.parse(text)
  const { connections, connected, dead } = figures
  if (connected < connections || dead > 0) {
    throw new Error(`${connected} of ${connections} connections came up, ${dead} ended`)
  }
  return figures
}

/** The phase of the highest rate that was sustained. */
export function bestOf(figures: LoadFigures): Phase | undefined {
  const sustained = figures.phases.filter(
    ({ kind, isSustained }) => isSustained && kind !== 'overload' && kind !== 'burst',
  )
  return sustained.toSorted((one, other) => other.deliveriesPerSecond - one.deliveriesPerSecond)[0]
}

/** Deliveries a second at most at an even pace, late ones included. */
export function mostOf({ phases }: LoadFigures): number {
  const even = phases.filter(({ kind }) => kind !== 'burst')
  return Math.max(0, ...even.map(({ deliveriesPerSecond }) => deliveriesPerSecond))
}

/** Deliveries a second of what was published at once; undefined where nothing was. */
export function burstOf({ phases }: LoadFigures): number | undefined {
  return phases.find(({ kind }) => kind === 'burst')?.deliveriesPerSecond
}

/** Notes on a measurement. */
export function remarksOn(figures: LoadFigures): readonly string[] {
  const { phases, unexpected, catchUp, asking, connectGeneratorCpu } = figures
  const refused = phases.reduce((sum, phase) => sum + phase.refused, 0)
  const lost = phases.filter(({ kind, received, expected }) => kind === 'fixed' && received !== expected)
  const best = bestOf(figures)
  const busiest = Math.max(...[best, catchUp, asking].map((phase) => phase?.generatorCpu ?? 0))
  return [
    ...(unexpected > 0 ? [`${unexpected} unexpected messages`] : []),
    ...(refused > 0 ? [`${refused} publications refused`] : []),
    ...lost.map(({ received, expected }) => `${received} of ${expected} deliveries came`),
    ...(busiest > BUSY ? ['the generator was the limit'] : []),
    ...(phases.length === 0 && asking === undefined && connectGeneratorCpu > BUSY
      ? ['the generator was the limit']
      : []),
  ]
}
