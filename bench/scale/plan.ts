import type { Costs } from './costs.ts'
import { deliveriesOf, entriesOf, noticesOf, type Placement, type Workload } from './workload.ts'

/** What it takes to carry a workload. */
export interface Plan {
  readonly placement: Placement
  readonly nodes: number
  /** Of a node's one core, 0 to 1. */
  readonly utilisation: number
  /** Of a node, in MiB. */
  readonly memory: number
  readonly redisShards: number
  readonly postgresPartitions: number
  readonly megabitsPerSecond: number
  /** For nodes alone, in dollars. */
  readonly costPerMillionDeliveries: number
}

/** Half of a core: the others can take what a node that died had, and reconnects besides. */
const MOST_UTILISATION = 0.5
const LEAST_NODES = 3
/** A process of Node keeps some megabytes for itself. */
const BASE_MEBIBYTES = 136
const MOST_CONNECTIONS = 50_000
const REDIS_UTILISATION = 0.5
const POSTGRES_CORES = 8
const POSTGRES_UTILISATION = 0.5
const CORE_HOUR_DOLLARS = 0.04

/** Cores that `nodes` nodes are busy with, in all. */
export function busyCores(load: Workload, costs: Costs, nodes: number, placement: Placement): number {
  const micros =
    deliveriesOf(load) * costs.delivery +
    noticesOf(load, nodes, placement) * costs.notice +
    entriesOf(load) * costs.mutation +
    (load.connections / load.lifetime) * costs.connect
  return micros / 1e6
}

function fits(load: Workload, costs: Costs, nodes: number, placement: Placement): boolean {
  return (
    busyCores(load, costs, nodes, placement) <= nodes * MOST_UTILISATION &&
    load.connections <= nodes * MOST_CONNECTIONS
  )
}

/** The fewest nodes that carry `load`; undefined where none do: each more hears more than it helps. */
function fewestNodes(load: Workload, costs: Costs, placement: Placement): number | undefined {
  const most = load.connections
  let nodes = LEAST_NODES
  while (nodes <= most && !fits(load, costs, nodes, placement)) nodes = Math.ceil(nodes * 1.05)
  return nodes <= most ? nodes : undefined
}

export function planFor(load: Workload, costs: Costs, placement: Placement): Plan | undefined {
  const nodes = fewestNodes(load, costs, placement)
  if (nodes === undefined) return undefined
  const deliveries = deliveriesOf(load)
  const entries = entriesOf(load)
  const redisCores = (entries * costs.published + noticesOf(load, nodes, placement) * costs.handed) / 1e6
  const postgresCores = entries / costs.commitsPerCore
  return {
    ...{ placement, nodes },
    utilisation: busyCores(load, costs, nodes, placement) / nodes,
    memory: BASE_MEBIBYTES + ((load.connections / nodes) * costs.kilobytes) / 1024,
    redisShards: Math.ceil(redisCores / REDIS_UTILISATION),
    postgresPartitions: Math.ceil(postgresCores / (POSTGRES_CORES * POSTGRES_UTILISATION)),
    megabitsPerSecond: (deliveries * costs.bytes * 8) / 1e6,
    costPerMillionDeliveries: (nodes * CORE_HOUR_DOLLARS * 1e6) / (deliveries * 3_600),
  }
}
