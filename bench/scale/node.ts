import type { Costs } from './costs.ts'
import { entriesOf, noticesOf, type Placement, roomsOf, type Workload } from './workload.ts'

/** How late a node is, in milliseconds. */
export interface Lateness {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What a node went through when another one had died. */
export interface Failover {
  /** Connections that came over. */
  readonly moved: number
  /** Milliseconds until the last of them was served, from the death on. */
  readonly restored: number
  /** Of entries meanwhile. */
  readonly lateness: Lateness
}

const SECONDS = 20
const FAILOVER_SECONDS = 60
/** Clients come back after this, spread evenly. */
const BACK = { from: 0.5, spread: 2 }
/** A node works on for so long at what comes back before it looks at what is live. */
const SLICE = 1_000

interface Arrival {
  /** Microseconds. */
  readonly at: number
  readonly kind: 'entry' | 'event' | 'mutation' | 'connect' | 'comeback'
}

type Random = (below: number) => number

const uniform = (random: Random): number => (random(2 ** 30) + 0.5) / 2 ** 30

/** Arrivals at `perSecond`, each independent of the others. */
function poisson(
  kind: Arrival['kind'],
  perSecond: number,
  seconds: number,
  random: Random,
): readonly Arrival[] {
  const arrivals: Arrival[] = []
  for (let at = 0; ; ) {
    at += (-Math.log(uniform(random)) / perSecond) * 1e6
    if (!(at < seconds * 1e6)) return arrivals
    arrivals.push({ at, kind })
  }
}

function ordinaryArrivals(
  load: Workload,
  nodes: number,
  placement: Placement,
  seconds: number,
  random: Random,
): readonly Arrival[] {
  const entries = noticesOf(load, nodes, placement) / nodes - load.eventEntries
  return [
    ...poisson('entry', entries, seconds, random),
    ...poisson('event', load.eventEntries, seconds, random),
    ...poisson('mutation', entriesOf(load) / nodes, seconds, random),
    ...poisson('connect', load.connections / load.lifetime / nodes, seconds, random),
  ]
}

/**
 * A node's one thread, turn after turn: it takes all that has arrived, but of what comes back only as much as a slice
 * holds. What is delivered to a socket within a turn is one write.
 */
function run(
  arrivals: readonly Arrival[],
  load: Workload,
  costs: Costs,
  nodes: number,
  missed: number,
): { readonly late: readonly number[]; readonly lastBack: number } {
  const here = load.connections / nodes
  const membersHere = (roomsOf(load) * load.entriesPerRoom * load.roomSize) / nodes
  const queue = arrivals.toSorted((one, other) => one.at - other.at)
  const entriesHere = queue.filter(({ kind }) => kind === 'entry').length
  const spanSeconds = (queue.at(-1)?.at ?? 0) / 1e6
  const perEntry = entriesHere === 0 ? 0 : (membersHere * spanSeconds) / entriesHere
  const comingBack = costs.connect + missed * costs.replayed
  const late: number[] = []
  let waiting = 0
  let lastBack = 0
  let now = 0
  let next = 0
  while (next < queue.length || waiting > 0) {
    if (waiting === 0) now = Math.max(now, queue[next]?.at ?? now)
    const turn: Arrival[] = []
    for (let arrival = queue[next]; arrival !== undefined && arrival.at <= now; arrival = queue[next]) {
      turn.push(arrival)
      next += 1
    }
    let work = 0
    let events = 0
    for (const { kind } of turn) {
      if (kind === 'entry') work += costs.notice + perEntry * costs.delivery
      else if (kind === 'mutation') work += costs.mutation
      else if (kind === 'connect') work += costs.connect
      else if (kind === 'comeback') waiting += 1
      else {
        const each = events === 0 ? costs.delivery : costs.furtherDelivery
        work += costs.notice + here * load.eventShare * each
        events += 1
      }
    }
    const served = Math.min(waiting, Math.max(1, Math.floor(SLICE / comingBack)))
    waiting -= served
    now += work + served * comingBack
    if (served > 0) lastBack = now
    for (const { at, kind } of turn) if (kind === 'entry' || kind === 'event') late.push((now - at) / 1_000)
  }
  return { late, lastBack }
}

function latenessOf(values: readonly number[]): Lateness {
  const sorted = values.toSorted((one, other) => one - other)
  const quantile = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0
  return { p50: quantile(0.5), p99: quantile(0.99), max: sorted.at(-1) ?? 0 }
}

/** An ordinary minute of one node. */
export function simulateNode(
  load: Workload,
  costs: Costs,
  nodes: number,
  placement: Placement,
  random: Random,
): Lateness {
  const arrivals = ordinaryArrivals(load, nodes, placement, SECONDS, random)
  return latenessOf(run(arrivals, load, costs, nodes, 0).late)
}

/** Another node dies: its clients come to the others, each with what it missed. */
export function simulateFailover(
  load: Workload,
  costs: Costs,
  nodes: number,
  placement: Placement,
  random: Random,
): Failover {
  const left = nodes - 1
  const moved = Math.round(load.connections / nodes / left)
  const comebacks = Array.from({ length: moved }, (): Arrival => {
    return { at: (BACK.from + uniform(random) * BACK.spread) * 1e6, kind: 'comeback' }
  })
  const perConnection = load.entriesPerRoom * (1 - load.eventShare) + load.eventEntries * load.eventShare
  const missed = perConnection * (BACK.from + BACK.spread)
  const arrivals = [...ordinaryArrivals(load, left, placement, FAILOVER_SECONDS, random), ...comebacks]
  const { late, lastBack } = run(arrivals, load, costs, left, missed)
  return { moved, restored: lastBack / 1_000, lateness: latenessOf(late) }
}
