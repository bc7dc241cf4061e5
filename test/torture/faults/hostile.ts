import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../support/free-port.ts'
import { post } from '../../support/graphql-client.ts'
import type { PostgresServer } from '../../support/postgres.ts'
import { makeAuction } from '../../support/rooms.ts'
import { signToken } from '../../support/tokens.ts'
import { type AttackBounds, faultsOfAttacks, reportAttacks, type UnderAttack } from '../attack-stats.ts'
import type { Attack } from '../attacker.ts'
import { type Child, startChild } from '../child.ts'
import type { Fault, Form } from '../fault.ts'
import { inspectable, keptMemoryOf } from '../heap.ts'
import type { Latencies } from '../latency.ts'
import { SELLER } from '../places.ts'
import { watchProcess } from '../processes.ts'
import { watchReadiness } from '../readiness.ts'
import { type Outcome, perform, type Scenario } from '../scenario.ts'
import { measureWork } from '../work.ts'

const BURST = { nodes: 2, rooms: 1, watchersEach: 2, publishers: 1, pauseMs: 400 }
const ROOMS = 130
const ROOMS_AT_ONCE = 5
/** How soon the state of an attack's connections must be gone. */
const REST_MS = 2_000
const IDLE_MS = 1_200
const LOOK_MS = 100
/** The default limits of a deployment: test nodes have none. */
const DEFAULT_LIMITS = {
  QUERY_COST_PER_SECOND: '',
  MAX_OPERATIONS_IN_FLIGHT: '',
  MAX_CONNECTIONS_PER_ADDRESS: '',
}
const HOSTILE = '127.0.0.66'
const HONEST = '127.0.0.2'

/**
 * The short form shares two cores with other tests, and its p99 comes from a hundred samples, so the margin is wide.
 */
const BOUNDS: Readonly<Record<Form, AttackBounds & { readonly forMs: number }>> = {
  short: { forMs: 3_000, latency: 6, floorMs: 400, resident: 2.5 },
  long: { forMs: 20_000, latency: 3, floorMs: 0, resident: 2 },
}

function attacksFor(forMs: number): readonly Attack[] {
  return [
    {
      ...{ name: 'WebSocket, all at once, gone after 0.3 s', transports: ['websocket'], forMs },
      ...{ connections: 4, perConnection: 150, everyMs: 1_500, leaveAfterMs: 300 },
    },
    {
      ...{ name: 'many WebSockets that read nothing', transports: ['websocket'], forMs },
      ...{ connections: 60, perConnection: 20, everyMs: forMs, isDeaf: true },
    },
    {
      ...{ name: 'POST and GET', transports: ['post', 'get'], forMs },
      ...{ connections: 100, perConnection: 150, everyMs: 2_000 },
    },
    {
      ...{ name: 'event streams and multipart', transports: ['event-stream', 'multipart'], forMs },
      ...{ connections: 100, perConnection: 100, everyMs: 2_000 },
    },
    {
      ...{ name: 'subscriptions that share nothing', transports: ['websocket'], forMs, subscribes: true },
      ...{ connections: 4, perConnection: 100, everyMs: forMs },
    },
  ]
}

/** Fault 27: one visitor attacks from one address; honest, signed-in clients use another. */
export const hostileVisitor: Fault = {
  number: 27,
  name: 'one anonymous client sends the most expensive operations, over every transport',
  run: (form, seed, postgres) =>
    attackNode({ form, seed, postgres, attacks: attacksFor(BOUNDS[form].forMs) }),
}

export interface AttackSetting {
  readonly form: Form
  readonly seed: number
  readonly postgres: PostgresServer
  readonly attacks: readonly Attack[]
  readonly env?: Readonly<Record<string, string>>
  /** Default: the documents of the form. */
  readonly bounds?: AttackBounds
}

/** Runs one attack after another, and compares the service of others with that before. */
export async function attackNode({
  form,
  seed,
  postgres,
  attacks,
  env = {},
  bounds = BOUNDS[form],
}: AttackSetting): Promise<Outcome> {
  const port = await freePort()
  const setting = { ...BURST, seed, postgres, env: { ...inspectable(port), ...DEFAULT_LIMITS, ...env } }
  return await perform(setting, async (scenario) => {
    const [first] = scenario.nodes
    if (first === undefined) throw new RangeError('a scenario has a node')
    const { node } = first
    const roomId = scenario.places.roomIds[0] ?? ''
    await fill(scenario, roomId)
    const token = await signToken(scenario.places.author)
    await using honest = startChild('honest.ts', { url: node.url, localAddress: HONEST, token, roomId })
    await honest.ask({ forMs: BOUNDS[form].forMs / 2 })
    const watch = watchProcess(node.pid, LOOK_MS)
    const baseline = await honest.ask<Latencies>({ forMs: BOUNDS[form].forMs })
    const residentBefore = Math.max(...(await watch.stop()).map(({ residentBytes }) => residentBytes))
    // Only now: a forced collection shrinks the process far below its normal size.
    const usedBefore = (await keptMemoryOf(node.pid, port)).used
    const idle = await measureWork(node, scenario.databaseUrl, IDLE_MS)
    const under: UnderAttack[] = []
    for (const attack of attacks) under.push(await measureUnder(scenario, attack, honest))
    const usedAfter = (await keptMemoryOf(node.pid, port)).used
    const before = { baseline, residentBefore, idle, usedBefore }
    for (const sentence of faultsOfAttacks(before, under, usedAfter, bounds)) scenario.fail(sentence)
    return reportAttacks(before, under, usedAfter)
  })
}

/** Public rooms, with auctions in one of them. */
async function fill({ nodes }: Scenario, roomId: string): Promise<void> {
  const [first] = nodes
  if (first === undefined) throw new RangeError('a scenario has a node')
  const token = await signToken('a service', { claims: { roles: ['service'] } })
  for (let made = 0; made < ROOMS; made += ROOMS_AT_ONCE) {
    const rooms = Array.from(
      { length: ROOMS_AT_ONCE },
      (_, index) => `r${index}:createRoom(input:{name:"R",kind:CHAT,visibility:PUBLIC}){__typename}`,
    )
    const { errors } = await post(first.node.url, `mutation{${rooms.join(' ')}}`, {}, token)
    if (errors !== undefined) throw new Error(`No rooms were made: ${JSON.stringify(errors)}`)
  }
  const seller = await signToken(SELLER)
  for (let made = 0; made < 10; made += 1) await makeAuction(first.node, seller, roomId)
}

async function measureUnder(scenario: Scenario, attack: Attack, honest: Child): Promise<UnderAttack> {
  const [first] = scenario.nodes
  if (first === undefined) throw new RangeError('a scenario has a node')
  const { node } = first
  const order = { url: node.url, localAddress: HOSTILE, roomId: scenario.places.roomIds[0] ?? '' }
  const attacker = startChild('attacker.ts', order)
  const process = watchProcess(node.pid, LOOK_MS)
  const readiness = watchReadiness(scenario.nodes, 'database')
  const [sent, latencies] = await Promise.all([
    attacker.ask<number>(attack),
    honest.ask<Latencies>({ forMs: attack.forMs }),
  ])
  await attacker[Symbol.asyncDispose]()
  await pause(REST_MS)
  const { notReady } = await readiness.stop()
  const samples = await process.stop()
  return {
    ...{ name: attack.name, sent, latencies, notReady },
    peakBytes: Math.max(...samples.map(({ residentBytes }) => residentBytes)),
    work: await measureWork(node, scenario.databaseUrl, IDLE_MS),
  }
}
