import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { NodeOptions } from '../support/node.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { makeTemporaryFolder } from '../support/process.ts'
import { startProxy, type TcpProxy } from '../support/proxy.ts'
import { createRandom } from '../support/random.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type RestartingNode, startRestartingNode } from '../support/restarting-node.ts'
import type { Figures } from './check.ts'
import { type Child, startChild } from './child.ts'
import type { Ailment } from './faulty-node.ts'
import { makePlaces, type Places } from './places.ts'
import type { PublishersOrder } from './publishers.ts'
import { type Attempted, appendTo, type Barred } from './records.ts'
import { readReaches } from './stored.ts'
import type { Library, Watched, WatchersOrder, WatchersRequest } from './watchers.ts'

/** What a run is made of. All of it follows from `seed`, but for what the machine's own timing does. */
export interface Setting {
  readonly seed: number
  readonly postgres: PostgresServer
  readonly nodes: number
  readonly rooms: number
  /** Clients on each topic. */
  readonly watchersEach: number
  readonly libraries?: readonly Library[]
  readonly publishers: number
  readonly pauseMs?: number
  readonly impatientPercent?: number
  readonly doubtingPercent?: number
  readonly env?: Readonly<Record<string, string>>
  readonly ailment?: Ailment
  /** By how much each node's clock is ahead. */
  readonly clockSkewsMs?: readonly number[]
  /** Looks at the nodes before the first client comes. */
  readonly beforeClients?: (scene: Pick<Scene, 'nodes' | 'redis'>) => Promise<void>
  /** More clients than those on each topic. */
  readonly more?: (places: Places, nodes: readonly RestartingNode[]) => Promise<readonly Watched[]>
}

/** A cluster at work: mutations arrive, and clients follow. */
export interface Scene {
  readonly random: (below: number) => number
  readonly nodes: readonly RestartingNode[]
  readonly redis: RedisServer
  /** Between all nodes and Redis. */
  readonly redisProxy: TcpProxy
  /** Between all nodes and PostgreSQL. */
  readonly postgresProxy: TcpProxy
  readonly postgres: PostgresServer
  readonly databaseUrl: string
  readonly places: Places
  watchers<Answer = boolean>(request: WatchersRequest): Promise<Answer>
  /** Brings more clients. What they follow is compared, too. Resolves when each has had its first payload. */
  follow(watched: readonly Watched[]): Promise<void>
  bar(barred: Barred): void
  /** Adds a command of the fault's own to what publishers tell the checker. */
  attempted(command: Attempted): void
  /** Stops the publishers: resolves when all that they began is answered. */
  settle(): Promise<void>
}

/** What came of a run: the checker's figures, and what the fault says besides. */
export interface Outcome {
  readonly seed: number
  readonly figures: Figures
  /** Whether every publisher had an answer in the end. */
  readonly areAllAnswered: boolean
  readonly also: Readonly<Record<string, string>>
}

const FAULTY = join(import.meta.dirname, 'faulty-node.ts')
const CHECKER = join(import.meta.dirname, 'checker.ts')
const ANSWER_WITHIN_MS = 60_000
const ARRIVE_WITHIN_MS = 20_000

/** Runs `fault` during a burst, lets all come to rest, and has the three records compared by a process of its own. */
export async function perform(
  setting: Setting,
  fault: (scene: Scene) => Promise<Readonly<Record<string, string>>>,
): Promise<Outcome> {
  const { seed, postgres, env = {} } = setting
  const random = createRandom(seed)
  await using stack = new AsyncDisposableStack()
  const folder = await makeTemporaryFolder('torture')
  const redis = stack.use(await startRedis())
  const redisProxy = stack.use(await startProxy(redis.port))
  const databaseUrl = await postgres.createDatabase()
  const proxied = new URL(databaseUrl)
  const postgresProxy = stack.use(await startProxy(Number(proxied.port)))
  proxied.port = `${postgresProxy.port}`
  const redisUrl = `redis://127.0.0.1:${redisProxy.port}`
  const nodes = await Promise.all(
    Array.from({ length: setting.nodes }, async (_, place) => {
      const ill = illness(setting, place)
      const options = { databaseUrl: proxied.href, redisUrl, ...ill, env: { ...env, ...ill.env } }
      return stack.use(await startRestartingNode(options))
    }),
  )
  const [first] = nodes
  if (first === undefined) throw new RangeError('a scene has a node')
  const places = await makePlaces(first.node, setting.rooms)
  const urls = nodes.map(({ node }) => node.url)
  const topics = new Set(places.topics)
  await setting.beforeClients?.({ nodes, redis })
  const watching = stack.use(
    startChild('watchers.ts', {
      ...{ seed, nodes: urls, file: join(folder, 'seen.jsonl') },
      watched: [
        ...places.watchedBy(setting.watchersEach, setting.libraries),
        ...((await setting.more?.(places, nodes)) ?? []),
      ],
    } satisfies WatchersOrder),
  )
  if (!(await watching.ask<boolean>({ kind: 'begun' }))) throw new Error('not every client could begin')
  const publishing = stack.use(startPublishers(setting, places, urls, join(folder, 'attempted.jsonl')))

  let settled: Promise<boolean> | undefined
  const settle = (): Promise<boolean> => {
    settled ??= publishing.ask<boolean>({ kind: 'stop', timeoutMs: ANSWER_WITHIN_MS })
    return settled
  }
  const also = await fault({
    ...{ random, nodes, redis, redisProxy, postgres, postgresProxy, databaseUrl, places },
    watchers: (request) => watching.ask(request),
    async follow(watched) {
      for (const { topic } of watched) topics.add(topic)
      await watching.ask({ kind: 'follow', watched })
      if (!(await watching.ask<boolean>({ kind: 'begun' }))) throw new Error('not every client could begin')
    },
    bar: appendTo<Barred>(join(folder, 'barred.jsonl')),
    attempted: appendTo<Attempted>(join(folder, 'attempted-more.jsonl')),
    async settle() {
      await settle()
    },
  })
  const areAllAnswered = await settle()
  await Promise.all(nodes.map((node) => node.revive()))
  const reaches = await readReaches(databaseUrl, [...topics])
  await watching.ask({ kind: 'reach', reaches, timeoutMs: ARRIVE_WITHIN_MS })
  const figures = await compare(folder, databaseUrl, [...topics])
  return { seed, figures, areAllAnswered, also }
}

/** The program of a node that is not sound, and what it is told. */
function illness({ seed, ailment, clockSkewsMs }: Setting, place: number): Pick<NodeOptions, 'env' | 'main'> {
  if (ailment === undefined && clockSkewsMs === undefined) return {}
  const whole: Ailment = { seed, ...ailment, clockSkewMs: clockSkewsMs?.[place] ?? 0 }
  return { env: { AILMENT: JSON.stringify(whole) }, main: FAULTY }
}

function startPublishers(
  { seed, publishers, pauseMs = 40, impatientPercent = 3, doubtingPercent = 3 }: Setting,
  { author, roomIds, auctionIds }: Places,
  nodes: readonly string[],
  file: string,
): Child {
  return startChild('publishers.ts', {
    ...{ seed, nodes, file, count: publishers, author, roomIds, auctionIds },
    ...{ pauseMs, impatientPercent, doubtingPercent },
  } satisfies PublishersOrder)
}

async function compare(folder: string, databaseUrl: string, topics: readonly string[]): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHECKER, folder, databaseUrl, ...topics])
  return JSON.parse(stdout) as Figures
}
