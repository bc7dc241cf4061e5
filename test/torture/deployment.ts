import { join } from 'node:path'
import type { NodeOptions } from '../support/node.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { startProxy, type TcpProxy } from '../support/proxy.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { type RestartingNode, startRestartingNode } from '../support/restarting-node.ts'
import type { InjectedFaults } from './faulty-node.ts'

/** The nodes of a run, and their record. */
export interface Deployment {
  readonly nodes: readonly RestartingNode[]
  /** Where the database is now: a PostgreSQL address, or the data folder of a node with an embedded one. */
  record(): string
  /** Resolves when others may read the database. The nodes may have ended by then. */
  lend(): Promise<void>
}

export interface ClusterSetting {
  readonly seed: number
  readonly postgres: PostgresServer
  readonly nodes: number
  readonly env?: Readonly<Record<string, string>>
  readonly injected?: InjectedFaults
  /** By how much each node's clock is ahead. */
  readonly clockSkewsMs?: readonly number[]
}

/** What stands behind the nodes of a cluster. */
export interface Backing {
  readonly redis: RedisServer
  /** Between all nodes and Redis. */
  readonly redisProxy: TcpProxy
  /** Between all nodes and PostgreSQL. */
  readonly postgresProxy: TcpProxy
  readonly postgres: PostgresServer
  /** The database of the run on the first server. */
  readonly databaseUrl: string
  /** New connections lead to another server from now on, and the database is read there. Returns the database's address. */
  switchTo(server: Pick<PostgresServer, 'port'>): string
}

const FAULTY = join(import.meta.dirname, 'faulty-node.ts')

/** Nodes on a Redis of their own and a new database. All of it ends with `stack`. */
export async function startCluster(
  setting: ClusterSetting,
  stack: AsyncDisposableStack,
): Promise<Deployment & { readonly backing: Backing }> {
  const { postgres, nodes: count, env = {} } = setting
  const redis = stack.use(await startRedis())
  const redisProxy = stack.use(await startProxy(redis.port))
  const databaseUrl = await postgres.createDatabase()
  const proxied = new URL(databaseUrl)
  const postgresProxy = stack.use(await startProxy(Number(proxied.port)))
  proxied.port = `${postgresProxy.port}`
  const urls = { databaseUrl: proxied.href, redisUrl: `redis://127.0.0.1:${redisProxy.port}` }
  let record = databaseUrl
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, place) => {
      const faulty = faultsOf(setting, place)
      return stack.use(await startRestartingNode({ ...urls, ...faulty, env: { ...env, ...faulty.env } }))
    }),
  )
  return {
    nodes,
    record: () => record,
    backing: {
      ...{ redis, redisProxy, postgres, postgresProxy, databaseUrl },
      switchTo({ port }) {
        postgresProxy.switchTo(port)
        const moved = new URL(databaseUrl)
        moved.port = `${port}`
        record = moved.href
        return record
      },
    },
    async lend() {},
  }
}

/** The program of a faulty node, and its faults. */
function faultsOf(
  { seed, injected, clockSkewsMs }: ClusterSetting,
  place: number,
): Pick<NodeOptions, 'env' | 'main'> {
  if (injected === undefined && clockSkewsMs === undefined) return {}
  const whole: InjectedFaults = { seed, ...injected, clockSkewMs: clockSkewsMs?.[place] ?? 0 }
  return { env: { INJECTED_FAULTS: JSON.stringify(whole) }, main: FAULTY }
}

/** One node with an embedded record, without Redis. It ends with `stack`. */
export async function startEmbedded(
  env: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
): Promise<Deployment> {
  const alone = stack.use(await startRestartingNode({ env }))
  return { nodes: [alone], record: () => alone.node.folder, lend: () => alone.node.stop() }
}
