import type { Attempt } from '../attempts.ts'
import { startChild } from '../child.ts'
import type { Fault, Form } from '../fault.ts'
import { faultsOfLoads, type LoadBounds, RAMP_MS, rateOf, reportLoads } from '../load-stats.ts'
import type { LoaderOrder, LoaderRequest } from '../loader.ts'
import { perform } from '../scenario.ts'

const BURST = { nodes: 2, rooms: 1, watchersEach: 1, publishers: 1, pauseMs: 300 }
/** Disables the query cost limit, which is not under test. */
const LIMITS = { QUERY_COST_PER_SECOND: '1000000000' }
const CONNECTIONS = 128
/** Two full batches: one committing, one waiting. */
const IN_FLIGHT = 512
const TIMES = 3
/** With network latency, the database is the bottleneck rather than the processor. */
const DISTANCE_MS = 120

interface Lengths {
  readonly peakMs: number
  readonly overloadMs: number
}

/** The short form shares two cores with other tests, so ratios have a wide margin and counts have none. */
const BOUNDS: Readonly<Record<Form, LoadBounds & Lengths>> = {
  short: { peakMs: 4_000, overloadMs: 12_000, goodput: 0.6, refusalMs: 1_000, latency: 4 },
  long: { peakMs: 20_000, overloadMs: 60_000, goodput: 0.9, refusalMs: 100, latency: 2 },
}

/** Fault 28: one node, one topic. The peak is measured first, with enough commands in flight to keep the node busy. */
export const overload: Fault = {
  number: 28,
  name: 'mutations at three times the capacity',
  run(form, seed, postgres) {
    return perform({ ...BURST, seed, postgres, env: LIMITS }, async (scenario) => {
      const { places, nodes, postgresProxy } = scenario
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
      for (const { attempted } of [...peak, ...over]) scenario.attempted(attempted)
      const loads = { peak, peakRate, over, overRate: rateOf(over, bounds.overloadMs) }
      for (const sentence of faultsOfLoads(loads, bounds)) scenario.fail(sentence)
      return reportLoads(loads)
    })
  },
}
