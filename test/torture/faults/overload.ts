import { type Attempt, countCodes } from '../attempts.ts'
import { startChild } from '../child.ts'
import type { Fault, Form } from '../fault.ts'
import { quantileOf } from '../latency.ts'
import type { LoaderOrder, LoaderRequest } from '../loader.ts'
import { perform, type Scene } from '../scene.ts'

const BURST = { nodes: 2, rooms: 1, watchersEach: 1, publishers: 1, pauseMs: 300 }
/** The limit on the cost of queries is not what this is about. */
const LIMITS = { QUERY_COST_PER_SECOND: '1000000000' }
const CONNECTIONS = 128
/** Two full batches: one that commits, one that waits. */
const IN_FLIGHT = 512
const TIMES = 3
/** At a distance the database, not the loader's or the node's share of the processor, is what there is too little of. */
const DISTANCE_MS = 40
const RAMP_MS = 1_500

interface Bounds {
  readonly peakMs: number
  readonly overloadMs: number
  readonly goodput: number
  readonly refusalMs: number
  /** Of accepted p99, as a multiple of that at the peak. */
  readonly latency: number
}

/** The short form shares two cores with other tests: its ratios have a wide margin, its counts have none. */
const BOUNDS: Readonly<Record<Form, Bounds>> = {
  short: { peakMs: 5_000, overloadMs: 14_000, goodput: 0.6, refusalMs: 500, latency: 4 },
  long: { peakMs: 20_000, overloadMs: 60_000, goodput: 0.9, refusalMs: 100, latency: 2 },
}

/** Fault 28: one node, one topic. The peak is measured first, by as many in flight as keep the node busy. */
export const overload: Fault = {
  number: 28,
  name: 'mutations at three times the capacity',
  run(form, seed, postgres) {
    return perform({ ...BURST, seed, postgres, env: LIMITS }, async (scene) => {
      const { places, nodes, postgresProxy } = scene
      const bounds = BOUNDS[form]
      const order = { url: nodes[0]?.node.url ?? '', author: places.author, roomId: places.roomIds[0] ?? '' }
      await using loader = startChild('loader.ts', {
        ...order,
        connections: CONNECTIONS,
      } satisfies LoaderOrder)
      const load = (request: LoaderRequest): Promise<readonly Attempt[]> => loader.ask(request)
      postgresProxy.delay(DISTANCE_MS / 2)
      await load({ kind: 'in flight', count: IN_FLIGHT, name: `${seed} warm`, forMs: RAMP_MS })
      const peak = await load({
        kind: 'in flight',
        count: IN_FLIGHT,
        name: `${seed} peak`,
        forMs: bounds.peakMs,
      })
      const peakRate = rateOf(peak, bounds.peakMs)
      const count = Math.round(TIMES * peakRate)
      const over = await load({ kind: 'a second', count, name: `${seed} over`, forMs: bounds.overloadMs })
      postgresProxy.delay(0)
      for (const { attempted } of [...peak, ...over]) scene.attempted(attempted)
      return judge(scene, bounds, { peak, peakRate, over, overRate: rateOf(over, bounds.overloadMs) })
    })
  },
}

interface Loads {
  readonly peak: readonly Attempt[]
  readonly peakRate: number
  readonly over: readonly Attempt[]
  readonly overRate: number
}

const isAccepted = ({ kind }: Attempt): boolean => kind === 'accepted'
const p99Of = (attempts: readonly Attempt[]): number =>
  quantileOf(
    attempts.map(({ tookMs }) => tookMs),
    0.99,
  )

/** Accepted a second, once the load has lasted a little. */
function rateOf(attempts: readonly Attempt[], forMs: number): number {
  const beganMs = Math.min(...attempts.map(({ attempted }) => attempted.beganMs))
  const [fromMs, untilMs] = [beganMs + RAMP_MS, beganMs + forMs]
  const counted = attempts.filter(
    (each) => isAccepted(each) && each.attempted.endedMs >= fromMs && each.attempted.endedMs < untilMs,
  )
  return (counted.length * 1000) / (untilMs - fromMs)
}

function judge(
  scene: Scene,
  { goodput, refusalMs, latency }: Bounds,
  { peak, peakRate, over, overRate }: Loads,
): Readonly<Record<string, string>> {
  const refused = over.filter(({ code }) => code === 'OVERLOADED')
  const vague = refused.filter(({ retryAfterMs = 0 }) => retryAfterMs <= 0)
  const others = over.filter((each) => !isAccepted(each) && each.code !== 'OVERLOADED')
  const isFalse = ({ code }: Attempt): boolean => code === 'UNAVAILABLE'
  const [peakP99, overP99, refusedP99] = [
    p99Of(peak.filter(isAccepted)),
    p99Of(over.filter(isAccepted)),
    p99Of(refused),
  ]
  if (others.length > 0) scene.fail(`Past its capacity a node answered ${countCodes(others)}.`)
  if (vague.length > 0) scene.fail(`${vague.length} refusals say nothing of when to retry.`)
  if (overRate < goodput * peakRate)
    scene.fail(
      `${overRate.toFixed(0)} a second were accepted under overload, and ${peakRate.toFixed(0)} at the peak.`,
    )
  if (refused.length > 0 && refusedP99 > refusalMs) scene.fail(`A refusal takes ${refusedP99} ms.`)
  if (overP99 > latency * peakP99)
    scene.fail(`An accepted command takes ${overP99} ms, and ${peakP99} at the peak.`)
  return {
    'falsely told UNAVAILABLE': `${over.filter(isFalse).length}`,
    answers: countCodes(over),
    'accepted a second at the peak, under overload': `${peakRate.toFixed(0)}, ${overRate.toFixed(0)}`,
    'p99 of accepted at the peak, under overload': `${peakP99} ms, ${overP99} ms`,
    'p99 of refusals': `${refusedP99} ms`,
  }
}
