import { generate } from '../run/generator.ts'
import { remarksOn } from '../run/load.ts'
import { bucketsOf, quantileOf } from '../run/quantile.ts'
import { ROSTRUM, startRostrum } from '../systems/rostrum.ts'
import type { Case, Scenario } from './scenario.ts'

const SUBSCRIBERS = 300
const PER_SECOND = 50
const METRIC = 'rostrum_delivery_latency_seconds'

/** In milliseconds; absent where the metric has none. */
function entryTimes(answers: readonly string[]): Readonly<Record<string, number>> {
  const buckets = bucketsOf(METRIC, answers)
  const times = { entryP50: quantileOf(buckets, 0.5), entryP99: quantileOf(buckets, 0.99) }
  return Object.fromEntries(
    Object.entries(times).flatMap(([key, seconds]) => (seconds === undefined ? [] : [[key, seconds * 1000]])),
  )
}

/** The nodes share the servers' core. */
function caseOf(nodes: number): Case {
  return {
    name: nodes === 1 ? 'one node' : `${nodes} nodes`,
    async measure(_, options) {
      await using running = await startRostrum({ topics: 1, subscribers: SUBSCRIBERS, nodes }, options)
      const pace = { rates: [PER_SECOND], seconds: options.isQuick ? 3 : 20 }
      const publishing = { ...running.publishing, pace }
      const raw = await generate({ ...running.target, connections: SUBSCRIBERS, publishing })
      const [phase] = raw.phases
      if (phase === undefined) throw new Error('nothing was measured')
      const scraped = running.nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text())
      return {
        values: {
          ...entryTimes(await Promise.all(scraped)),
          answerP50: phase.answerP50Ms,
          answerP99: phase.answerP99Ms,
          p50: phase.p50Ms,
          p99: phase.p99Ms,
        },
        remarks: remarksOn(raw),
        raw,
      }
    },
  }
}

export const DELIVERY: Scenario = {
  name: 'delivery',
  title: 'From commit to delivery',
  explanation: `${SUBSCRIBERS} subscribers of one topic, spread over all nodes; ${PER_SECOND} mutations per second on the first node, through PostgreSQL with fsync
and Redis. Entry to sockets: from the time of the entry, taken in its transaction before the commit, until it is handed
to the sockets of a node, by the nodes' own metrics. Mutation to answer and to delivery: from when the mutation was due, by the generator.`,
  columns: [
    { key: 'entryP50', title: 'entry to sockets p50, ms', digits: 1, better: 'lower' },
    { key: 'entryP99', title: 'p99, ms', digits: 1, better: 'lower' },
    { key: 'answerP50', title: 'mutation to answer p50, ms', digits: 1, better: 'lower' },
    { key: 'answerP99', title: 'p99 of the answer, ms', digits: 1, better: 'lower' },
    { key: 'p50', title: 'mutation to delivery p50, ms', digits: 1, better: 'lower' },
    { key: 'p99', title: 'p99 of the delivery, ms', digits: 1, better: 'lower' },
  ],
  systems: [ROSTRUM],
  cases: () => [caseOf(1), caseOf(3)],
}
