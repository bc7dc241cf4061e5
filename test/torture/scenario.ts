import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeTemporaryFolder } from '../support/process.ts'
import { createRandom } from '../support/random.ts'
import type { RestartingNode } from '../support/restarting-node.ts'
import { breachCount, type CheckResult } from './check.ts'
import { type Child, startChild } from './child.ts'
import {
  type Backing,
  type ClusterSetting,
  type Deployment,
  startCluster,
  startEmbedded,
} from './deployment.ts'
import { makePlaces, type Places } from './places.ts'
import type { CommandKind, PublishersOrder } from './publishers.ts'
import { type Attempted, appendTo, type Barred, type Reach, type Replaced } from './records.ts'
import { readReaches } from './stored.ts'
import type { Library, Watched, WatchersOrder, WatchersRequest } from './watchers.ts'

/** The clients of a burst. Determined by `seed`, apart from the machine's own timing. */
export interface BurstSetting {
  readonly seed: number
  readonly rooms: number
  /** Rooms that only members may see, without auctions. */
  readonly areRoomsClosed?: boolean
  /** Clients on each topic. */
  readonly watchersEach: number
  readonly libraries?: readonly Library[]
  readonly publishers: number
  /** Kinds of commands, weighted by repetition. Default: bids, messages and a few announcements. */
  readonly mixture?: readonly CommandKind[]
  readonly pauseMs?: number
  readonly impatientPercent?: number
  readonly doubtingPercent?: number
  readonly env?: Readonly<Record<string, string>>
  /** Clients in addition to those on each topic. */
  readonly more?: (places: Places, nodes: readonly RestartingNode[]) => Promise<readonly Watched[]>
}

/** What a run on a cluster is made of. */
export interface Setting extends BurstSetting, ClusterSetting {
  /** Inspects the nodes before the first client connects. */
  readonly beforeClients?: (scenario: Pick<Scenario, 'nodes' | 'redis'>) => Promise<void>
}

/** Running nodes with publishers and subscribers. */
export interface Burst {
  readonly random: (below: number) => number
  readonly nodes: readonly RestartingNode[]
  readonly places: Places
  watchers<Answer = boolean>(request: WatchersRequest): Promise<Answer>
  /** Adds clients. Their topics are compared, too. Resolves when each has received its first payload. */
  follow(watched: readonly Watched[]): Promise<void>
  bar(barred: Barred): void
  /** Tells the checker that the database was replaced by one that lacks a tail. */
  replaced(replaced: Replaced): void
  /** Reports a command of the fault itself to the checker, in addition to those of publishers. */
  attempted(command: Attempted): void
  /** Records a broken promise. The run continues, to collect its other results. */
  fail(sentence: string): void
  /** Stops the publishers: resolves when all their commands are answered. */
  settle(): Promise<void>
}

/** A cluster at work. */
export interface Scenario extends Burst, Backing {}

/** The outcome of a run: the checker's result, and the fault's own report. */
export interface Outcome {
  readonly seed: number
  readonly result: CheckResult
  /** Whether every publisher got its last answer. */
  readonly areAllAnswered: boolean
  /** What the fault itself found broken. */
  readonly broken: readonly string[]
  readonly also: Report
}

/** A fault's own findings, by name. */
type Report = Readonly<Record<string, string>>

const MIXTURE: readonly CommandKind[] = [
  ...Array.from({ length: 5 }, () => 'bid' as const),
  ...Array.from({ length: 4 }, () => 'message' as const),
  'announcement',
]
const CHECKER = join(import.meta.dirname, 'checker.ts')
const ANSWER_WITHIN_MS = 60_000
const ARRIVE_WITHIN_MS = 20_000

/** Runs `fault` in a burst on a cluster, waits until it is idle, and compares the three logs. */
export async function perform(
  setting: Setting,
  fault: (scenario: Scenario) => Promise<Report>,
): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const cluster = await startCluster(setting, stack)
  await setting.beforeClients?.({ nodes: cluster.nodes, redis: cluster.backing.redis })
  return await performOn(cluster, setting, (burst) => fault({ ...burst, ...cluster.backing }))
}

/** The same on one node with an embedded database. */
export async function performEmbedded(
  setting: BurstSetting,
  fault: (burst: Burst) => Promise<Report>,
): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  return await performOn(await startEmbedded(setting.env ?? {}, stack), setting, fault)
}

async function performOn(
  deployment: Deployment,
  setting: BurstSetting,
  fault: (burst: Burst) => Promise<Report>,
): Promise<Outcome> {
  const { seed } = setting
  const { nodes } = deployment
  await using stack = new AsyncDisposableStack()
  const folder = await makeTemporaryFolder('torture')
  let isClean = false
  // If a promise was broken, keep the logs for inspection.
  stack.defer(async () => {
    if (isClean) await rm(folder, { recursive: true })
  })
  const [first] = nodes
  if (first === undefined) throw new RangeError('a scenario has a node')
  const places = await makePlaces(first.node, setting.rooms, setting.areRoomsClosed === true)
  const urls = nodes.map(({ node }) => node.url)
  const topics = new Set(places.topics)
  const watched = [
    ...places.watchedBy(setting.watchersEach, setting.libraries),
    ...((await setting.more?.(places, nodes)) ?? []),
  ]
  const watching = stack.use(
    startChild('watchers.ts', {
      ...{ seed, watched, nodes: urls, file: join(folder, 'seen.jsonl') },
    } satisfies WatchersOrder),
  )
  if (!(await watching.ask<boolean>({ kind: 'begun' }))) throw new Error('not every client could begin')
  const publishing = stack.use(startPublishers(setting, places, urls, join(folder, 'attempted.jsonl')))

  const broken: string[] = []
  const bars = new Set<string>()
  const logBarred = appendTo<Barred>(join(folder, 'barred.jsonl'))
  let settled: Promise<boolean> | undefined
  const settle = (): Promise<boolean> => {
    settled ??= publishing.ask<boolean>({ kind: 'stop', timeoutMs: ANSWER_WITHIN_MS })
    return settled
  }
  const also = await fault({
    random: createRandom(seed),
    ...{ nodes, places },
    watchers: (request) => watching.ask(request),
    async follow(more) {
      for (const { topic } of more) topics.add(topic)
      await watching.ask({ kind: 'follow', watched: more })
      if (!(await watching.ask<boolean>({ kind: 'begun' }))) throw new Error('not every client could begin')
    },
    bar(barred) {
      bars.add(barred.subscription)
      logBarred(barred)
    },
    replaced: appendTo<Replaced>(join(folder, 'replaced.jsonl')),
    attempted: appendTo<Attempted>(join(folder, 'attempted-more.jsonl')),
    fail: (sentence) => broken.push(sentence),
    async settle() {
      await settle()
    },
  })
  const areAllAnswered = await settle()
  const reaches = await reachesAtRest(deployment, [...topics])
  await watching.ask({ kind: 'reach', reaches, except: [...bars], timeoutMs: ARRIVE_WITHIN_MS })
  await deployment.lend()
  const result = await compare(folder, deployment.record(), [...topics])
  isClean = breachCount(result) === 0
  return { seed, result, areAllAnswered, broken, also }
}

/** The ranges of the histories once idle. All nodes run afterwards. */
async function reachesAtRest(
  { nodes, record, lend }: Deployment,
  topics: readonly string[],
): Promise<readonly Reach[]> {
  const reviveAll = () => Promise.all(nodes.map((node) => node.revive()))
  await reviveAll()
  await lend()
  const reaches = await readReaches(record(), topics)
  await reviveAll()
  return reaches
}

function startPublishers(
  {
    seed,
    publishers,
    mixture = MIXTURE,
    pauseMs = 40,
    impatientPercent = 3,
    doubtingPercent = 3,
  }: BurstSetting,
  { author, roomIds, auctionIds }: Places,
  nodes: readonly string[],
  file: string,
): Child {
  return startChild('publishers.ts', {
    ...{ seed, nodes, file, count: publishers, author, roomIds, auctionIds },
    ...{ mixture, pauseMs, impatientPercent, doubtingPercent },
  } satisfies PublishersOrder)
}

async function compare(folder: string, record: string, topics: readonly string[]): Promise<CheckResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHECKER, folder, record, ...topics])
  return JSON.parse(stdout) as CheckResult
}
