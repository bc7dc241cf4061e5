import { setTimeout as pause } from 'node:timers/promises'
import { type RedisSubscriptions, redisSubscriptions } from '../../support/redis-stats.ts'
import type { RestartingNode } from '../../support/restarting-node.ts'
import { scrape } from '../../support/scrape.ts'
import { gather } from '../crowd.ts'
import type { Fault } from '../fault.ts'
import { megabytes, openFilesOf, type Sample, slopePerMinute, watchProcess } from '../processes.ts'
import { perform, type Scenario } from '../scenario.ts'

const BURST = { nodes: 3, rooms: 2, watchersEach: 3, publishers: 6 }
const MINUTE_MS = 60_000
/** TORTURE_MINUTES sets another length for the long form. */
const LONG_MS = minutes(process.env['TORTURE_MINUTES'] ?? '30') * MINUTE_MS
const SIZES = {
  short: { churnMs: 7_000, people: 12, mostBetweenMs: 700, sampleMs: 250 },
  long: { churnMs: LONG_MS, people: 40, mostBetweenMs: 6_000, sampleMs: 2_000 },
} as const
/** A topic that lost its last reader stays for 10 s. */
const REST_WITHIN_MS = 60_000
const LOOK_MS = 250
/** Idle connections of publishers, and those opened meanwhile by the database pool. */
const MORE_FILES = 30
/** Tolerance for uncollected garbage; a leak shows as a slope over a long time. */
const MAX_GROWTH_BYTES = 100 * 2 ** 20
const LEAST_FOR_SLOPE_MS = 5 * MINUTE_MS

function minutes(text: string): number {
  const count = Number(text)
  if (!(count > 0)) throw new Error(`TORTURE_MINUTES is no number of minutes: ${text}`)
  return count
}

/** What nodes and Redis hold for clients. */
interface Held {
  readonly redis: RedisSubscriptions
  readonly nodes: readonly Readonly<Record<'connections' | 'subscriptions' | 'groups' | 'topics', number>>[]
}

/** The first node survives all of it. */
const DISTURBANCES: readonly (readonly [name: string, disturb: (scenario: Scenario) => Promise<unknown>])[] =
  [
    ['nodes killed', async ({ nodes, random }) => nodes[1 + random(nodes.length - 1)]?.crash()],
    ['cuts of all clients', ({ watchers }) => watchers({ kind: 'cut' })],
    [
      'absences of all clients',
      async ({ watchers, random }) => {
        await watchers({ kind: 'away' })
        await pause(random(1_500))
        await watchers({ kind: 'back' })
      },
    ],
    ['cuts of Redis', async ({ redisProxy }) => redisProxy.cut()],
    [
      'black holes before Redis',
      async ({ redisProxy, random }) => {
        redisProxy.swallow()
        await pause(random(4_000))
        redisProxy.heal()
      },
    ],
    [
      'restarts of Redis',
      async ({ redis, random }) => {
        await redis.kill()
        await pause(random(1_000))
        await redis.restart()
      },
    ],
    [
      'restarts of PostgreSQL',
      async ({ postgres, random }) => {
        await postgres.killImmediate()
        await pause(random(1_000))
        await postgres.restart()
      },
    ],
  ]

/** Fault 17: clients and components come and go; then all clients leave, and nothing of them may remain. */
export const churn: Fault = {
  number: 17,
  name: 'churn and random faults',
  run(form, seed, postgres) {
    const size = SIZES[form]
    let before: Held | undefined
    let filesBefore = 0
    return perform(
      {
        ...{ ...BURST, seed, postgres },
        async beforeClients({ nodes, redis }) {
          before = await readHeld(nodes, redis.url)
          filesBefore = await openFilesOf(pidOf(nodes))
        },
      },
      async (scenario) => {
        const { nodes, redis, places, watchers, settle } = scenario
        const pid = pidOf(nodes)
        const watch = watchProcess(pid, size.sampleMs)
        const urls = nodes.map(({ node }) => node.url)
        const crowd = gather(urls, places, size.people, seed)
        const counts = await disturb(scenario, size.churnMs, size.mostBetweenMs)
        const samples = await watch.stop()
        await settle()
        await crowd.leave()
        await watchers({ kind: 'away' })
        const isBack = await untilHeld(nodes, redis.url, before)
        const filesAfter = await openFilesOf(pidOf(nodes))
        if (pidOf(nodes) !== pid) throw new Error('The node that should live through all of it did not.')
        if (filesAfter > filesBefore + MORE_FILES)
          throw new Error(
            `A node had ${filesBefore} open files before its clients, and ${filesAfter} after them.`,
          )
        const growth = growthOf(samples, size.churnMs)
        await watchers({ kind: 'back' })
        return {
          minutes: (size.churnMs / MINUTE_MS).toFixed(1),
          visits: `${crowd.visits}`,
          ...Object.fromEntries([...counts].map(([name, count]) => [name, `${count}`])),
          ...growth,
          'open files before and after': `${filesBefore}, ${filesAfter}`,
          'subscriptions in Redis before and after': `${before?.redis.subscriptions}, ${isBack.redis.subscriptions}`,
          'groups before and after': [before, isBack].map((held) => groupsOf(held)).join(', '),
        }
      },
    )
  },
}

function pidOf([first]: readonly RestartingNode[]): number {
  if (first === undefined) throw new RangeError('a scenario has a node')
  return first.node.pid
}

function groupsOf(held: Held | undefined): number | undefined {
  return held?.nodes.reduce((sum, { groups }) => sum + groups, 0)
}

/** Injects random disturbances for a time. Resolves with the count of each. */
async function disturb(
  scenario: Scenario,
  forMs: number,
  mostBetweenMs: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  const endsAt = Date.now() + forMs
  while (Date.now() < endsAt) {
    const [name, run] = DISTURBANCES[scenario.random(DISTURBANCES.length)] ?? []
    if (name === undefined || run === undefined) throw new RangeError('there are disturbances')
    await run(scenario)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    await pause(scenario.random(mostBetweenMs))
  }
  return counts
}

async function readHeld(nodes: readonly RestartingNode[], redisUrl: string): Promise<Held> {
  const [redis, ...figures] = await Promise.all([
    redisSubscriptions(redisUrl),
    ...nodes.map(async ({ node }) => {
      const { value } = await scrape(node.url)
      return {
        connections: value('rostrum_connections{transport="websocket"}'),
        subscriptions: value('rostrum_subscriptions'),
        groups: value('rostrum_groups'),
        topics: value('rostrum_topics'),
      }
    }),
  ])
  return { redis, nodes: figures }
}

/** Resolves when exactly `wanted` is held. */
async function untilHeld(
  nodes: readonly RestartingNode[],
  redisUrl: string,
  wanted: Held | undefined,
): Promise<Held> {
  const giveUpAt = Date.now() + REST_WITHIN_MS
  for (;;) {
    const held = await readHeld(nodes, redisUrl)
    if (JSON.stringify(held) === JSON.stringify(wanted)) return held
    if (Date.now() > giveUpAt)
      throw new Error(
        `All clients have gone, and what is held is ${JSON.stringify(held)}, not ${JSON.stringify(wanted)}.`,
      )
    await pause(LOOK_MS)
  }
}

/** The growth of memory and open files after the first quarter, in which a node warms up. */
function growthOf(samples: readonly Sample[], churnMs: number): Readonly<Record<string, string>> {
  const late = samples.slice(samples.length / 4)
  const bytes = slopePerMinute(late.map(({ atMs, residentBytes }) => [atMs, residentBytes]))
  const files = slopePerMinute(late.map(({ atMs, openFiles }) => [atMs, openFiles]))
  const grown = (bytes * churnMs * 0.75) / MINUTE_MS
  if (churnMs >= LEAST_FOR_SLOPE_MS && grown > MAX_GROWTH_BYTES)
    throw new Error(`A node grew by ${megabytes(bytes)} a minute, ${megabytes(grown)} in all.`)
  return {
    'RSS, least and most': [Math.min, Math.max]
      .map((of) => megabytes(of(...samples.map(({ residentBytes }) => residentBytes))))
      .join(', '),
    'RSS slope': `${(bytes / 2 ** 20).toFixed(2)} MB a minute`,
    'open files slope': `${files.toFixed(2)} a minute`,
  }
}
