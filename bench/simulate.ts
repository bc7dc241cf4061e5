import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom } from '../test/support/random.ts'
import { COSTS } from './scale/costs.ts'
import { simulateFailover, simulateNode } from './scale/node.ts'
import { type Plan, planFor } from './scale/plan.ts'
import { deliveriesOf, entriesOf, eveningOf, type Placement } from './scale/workload.ts'

/** `npm run bench:simulate` rewrites docs/scale.md. */
const PAGE = join(import.meta.dirname, '../docs/scale.md')
const BEGIN = '<!-- What follows is written by `npm run bench:simulate`. -->'
const SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
const PLACEMENTS: readonly Placement[] = ['anywhere', 'by room']
const SEED = 1

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---:'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

function planRow(connections: number, placement: Placement, plan: Plan | undefined): readonly string[] {
  const load = eveningOf(connections)
  const asked = [number(connections), placement, number(entriesOf(load)), number(deliveriesOf(load))]
  if (plan === undefined) return [...asked, 'none will do', '', '', '', '', '', '']
  return [
    ...asked,
    number(plan.nodes),
    number(plan.utilisation, 2),
    number(plan.memory),
    number(plan.redisShards),
    number(plan.postgresPartitions),
    number(plan.megabitsPerSecond),
    number(plan.costPerMillionDeliveries, 5),
  ]
}

function simulationRow(connections: number, { nodes, placement }: Plan): readonly string[] {
  const load = eveningOf(connections)
  const ordinary = simulateNode(load, COSTS, nodes, placement, createRandom(SEED))
  const failover = simulateFailover(load, COSTS, nodes, placement, createRandom(SEED))
  return [
    ...[number(connections), placement, number(nodes)],
    ...[number(ordinary.p50, 1), number(ordinary.p99, 1), number(ordinary.max, 1)],
    ...[number(failover.moved), number(failover.restored), number(failover.lateness.p99, 1)],
  ]
}

const planned = SIZES.flatMap((connections) =>
  PLACEMENTS.map((placement) => {
    const plan = planFor(eveningOf(connections), COSTS, placement)
    return { connections, placement, plan }
  }),
)
const plans = table(
  [
    ...['connections', 'room to node', 'entries/s', 'deliveries/s', 'nodes', 'of a core each', 'MiB each'],
    ...['Redis shards', 'PostgreSQL partitions', 'Mbit/s', '$ a million deliveries'],
  ],
  planned.map(({ connections, placement, plan }) => planRow(connections, placement, plan)),
)
const simulations = table(
  [
    ...['connections', 'room to node', 'nodes', 'late p50, ms', 'p99', 'max'],
    ...['moved to each when one dies', 'all back after, ms', 'late p99 meanwhile, ms'],
  ],
  planned.flatMap(({ connections, plan }) => (plan === undefined ? [] : [simulationRow(connections, plan)])),
)
const written = `${plans}\n\n${simulations}\n`
const [text] = (await readFile(PAGE, 'utf8')).split(BEGIN)
await writeFile(PAGE, `${text}${BEGIN}\n\n${written}`)
console.log(written)
