import { generate } from '../run/generator.ts'
import { type LoadFigures, remarksOn } from '../run/load.ts'
import { slopeOf } from '../run/quantile.ts'
import { ROSTRUM, startRostrum } from '../systems/rostrum.ts'
import type { MeasureOptions, Scenario } from './scenario.ts'

const SUBSCRIBERS = 1_000
const PER_SECOND = 20
const SELECTIONS_EACH = [1, 4, 16, 64]

/** Of an entry with so many unlike selections, deliveries included. */
async function measure(selections: number, options: MeasureOptions): Promise<LoadFigures> {
  await using running = await startRostrum({ topics: 1, subscribers: SUBSCRIBERS, selections }, options)
  const pace = { rates: [PER_SECOND], seconds: options.isQuick ? 2 : 10 }
  const publishing = { ...running.publishing, pace }
  return await generate({ ...running.target, connections: SUBSCRIBERS, publishing })
}

const cpuOf = ({ phases }: LoadFigures): number =>
  (phases[0]?.cpuMicrosPerDelivery ?? Number.NaN) * SUBSCRIBERS

export const SELECTIONS: Scenario = {
  name: 'selections',
  title: 'Different selections among 1,000 subscribers',
  explanation: `CPU of the server for one entry, including deliveries, at ${PER_SECOND} entries per second. Subscribers with the same selection share an
execution; each further selection costs another one.`,
  columns: [
    ...SELECTIONS_EACH.map((count) => ({
      key: `of${count}`,
      title: count === 1 ? '1 selection, µs' : `${count}, µs`,
      digits: 0,
      better: 'lower' as const,
    })),
    { key: 'each', title: 'each further one, µs', digits: 1, better: 'lower' },
  ],
  systems: [ROSTRUM],
  cases: () => [
    {
      name: `${SUBSCRIBERS.toLocaleString('en-US')} subscribers`,
      async measure(_, options) {
        const raw: LoadFigures[] = []
        for (const count of SELECTIONS_EACH) raw.push(await measure(count, options))
        const costs = raw.map((figures, index) => [SELECTIONS_EACH[index] ?? 0, cpuOf(figures)] as const)
        const values = Object.fromEntries(costs.map(([count, micros]) => [`of${count}`, micros]))
        return { values: { ...values, each: slopeOf(costs) }, remarks: raw.flatMap(remarksOn), raw }
      },
    },
  ],
}
