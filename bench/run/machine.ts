import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { VERSION } from '../../src/version.ts'
import { findPostgres } from '../../test/support/postgres.ts'
import { folderWith, run } from '../../test/support/process.ts'
import { findRedis } from '../../test/support/redis.ts'

const BENCH = join(import.meta.dirname, '..')

/** Of the machine that measures. */
export function describeMachine(): Readonly<Record<string, string | number>> {
  const [first] = cpus()
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    'memory, GiB': Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  }
}

/** The first version number that a program tells; `absent` where it is not there. */
async function tell(folder: string | undefined, program: string, option: string): Promise<string> {
  if (folder === undefined) return 'absent'
  const { stdout, stderr } = await run(join(folder, program), [option])
  return /\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown'
}

interface Package {
  readonly dependencies: Readonly<Record<string, string>>
}

async function pinsOf(path: string): Promise<Readonly<Record<string, string>>> {
  const { dependencies }: Package = JSON.parse(await readFile(path, 'utf8'))
  return dependencies
}

const OF_SERVER = [
  '@pothos/core',
  'graphql-redis-subscriptions',
  'graphql-ws',
  'graphql-yoga',
  'ioredis',
  'ws',
]
const OF_PEERS = ['@socket.io/redis-adapter', 'fastify', 'mercurius', 'socket.io']

/** Of everything that takes part. */
export async function describeVersions(): Promise<Readonly<Record<string, string>>> {
  const [server, peers] = [
    await pinsOf(join(BENCH, '../package.json')),
    await pinsOf(join(BENCH, 'package.json')),
  ]
  const packages = [
    ...OF_SERVER.map((name) => [name, server[name]]),
    ...OF_PEERS.map((name) => [name, peers[name]]),
  ]
  return {
    Rostrum: VERSION,
    commit: await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: BENCH }).then(
      ({ stdout }) => stdout.trim(),
      () => 'unknown',
    ),
    Node: process.versions.node,
    'g++': await tell(folderWith(['g++']), 'g++', '-dumpfullversion'),
    PostgreSQL: await tell(findPostgres(), 'postgres', '--version'),
    Redis: await tell(findRedis(), 'redis-server', '--version'),
    NATS: await tell(
      folderWith(['nats-server'], ['/usr/sbin', '/usr/local/bin']),
      'nats-server',
      '--version',
    ),
    nginx: await tell(folderWith(['nginx'], ['/usr/sbin']), 'nginx', '-v'),
    ...Object.fromEntries(packages),
  }
}

/** Installs the peers' packages, from their own lock file, where they are not there. */
export async function providePeers(): Promise<void> {
  const require = createRequire(join(BENCH, 'package.json'))
  try {
    for (const name of OF_PEERS) require.resolve(name)
  } catch {
    console.log('Installing the packages of the peers…')
    await run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', BENCH])
  }
}
