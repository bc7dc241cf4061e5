import { rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { TEST_SECRET } from '../../test/support/node.ts'
import { makeTemporaryFolder, startProcess, untilReady } from '../../test/support/process.ts'
import { startRedis } from '../../test/support/redis.ts'
import { signToken } from '../../test/support/tokens.ts'
import { build, SERVER_CORE, writeList } from '../run/generator.ts'
import type { LoadPlan } from '../run/load.ts'
import type { RunningSystem, Stage, System } from './system.ts'

const PEERS = join(import.meta.dirname, '../peers')
const QUERY =
  'subscription S($a:ID!){bidPlaced(auctionId:$a){id auctionId seq kind amount currency endsAt t bidder{id name country}}}'
const PUBLISH =
  'POST /publish?topic={topic}&time={time} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 0\\r\\n\\r\\n'
/** Published by the generator itself where a system takes bytes as they are: as heavy as what the others make. */
export const READY_MESSAGE =
  '{"id":"00000000-5f3a-4c1b-9d2e-000000000001","type":"next","payload":{"data":{"bidPlaced":{"id":"evt_00000001","auctionId":"{topic}","seq":1,"kind":"BID_PLACED","amount":125050,"currency":"EUR","endsAt":"2030-01-01T00:00:00.000Z","t":"{time}","bidder":{"id":"usr_00829","name":"Ada Lovelace","country":"GB"}}}}}'

/** What stands for a placeholder of the generator, in bytes. */
const TIME = '0'.repeat(16)
const NUMBER = '0'.repeat(10)

/** `topics` have the length of `topic` each. */
export function lengthOf(template: string, topic: string): number {
  const text = template.replaceAll('{topic}', topic).replaceAll('{time}', TIME).replaceAll('{number}', NUMBER)
  return Buffer.byteLength(text)
}

export function topicNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `r${String(index).padStart(4, '0')}`)
}

/** One user each: servers that remember tokens remember none of them twice. */
export function tokensFor(subscribers: number): Promise<readonly string[]> {
  const claims = { name: 'Ada Lovelace' }
  return Promise.all(
    Array.from({ length: subscribers }, (_, index) => signToken(`watcher-${index}`, { claims })),
  )
}

/** The lists that every system needs, in files that `stack` removes. */
export async function writeLists(
  stack: AsyncDisposableStack,
  lists: {
    readonly topics: readonly string[]
    readonly tokens: readonly string[]
    readonly queries: readonly string[]
  },
): Promise<Pick<LoadPlan, 'topics' | 'tokens' | 'queries'>> {
  const folder = await makeTemporaryFolder('lists')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return {
    topics: await writeList(folder, 'topics', lists.topics),
    tokens: await writeList(folder, 'tokens', lists.tokens),
    queries: await writeList(folder, 'queries', lists.queries),
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export interface Launched {
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a program on the servers' core, and resolves when it accepts connections on `port`. */
export async function launch(
  words: readonly string[],
  port: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<Launched> {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const server = startProcess({
    file: 'taskset',
    args: ['-c', SERVER_CORE, 'env', ...assignments, ...words],
    folder: await makeTemporaryFolder('peer'),
    lethal: 'SIGKILL',
  })
  await untilReady(server, () => accepts(port))
  if (server.pid === undefined) throw new Error('a server that is ready has a process')
  return { pid: server.pid, stop: () => server.end('SIGTERM') }
}

const SPOKEN = {
  raw: { protocol: 'raw', path: '/{topic}' },
  graphql: {
    protocol: 'graphql',
    path: '/graphql',
    init: '{"token":"{token}"}',
    variables: '{"a":"{topic}"}',
    ready: 'pong',
  },
  'socket.io': { protocol: 'socket.io', path: '/socket.io/?EIO=4&transport=websocket', init: '' },
} as const

interface PeerOptions {
  readonly key: string
  readonly name: string
  /** Of `peers/`. */
  readonly file: string
  readonly speaks: keyof typeof SPOKEN
  readonly hasRedis?: boolean
  readonly isSlow?: boolean
}

/** A peer of `peers/` in a process of its own, with a Redis of its own where it uses one. */
function createPeer({ key, name, file, speaks, hasRedis = false, isSlow = false }: PeerOptions): System {
  async function start({ topics, subscribers }: Stage): Promise<RunningSystem> {
    await using stack = new AsyncDisposableStack()
    const redis = hasRedis ? stack.use(await startRedis()) : undefined
    const port = await freePort()
    const node = ['--import', join(PEERS, 'collect-garbage.ts'), join(PEERS, file)]
    const server = await launch([process.execPath, ...node], port, {
      PORT: String(port),
      JWT_SECRET: TEST_SECRET,
      NODE_ENV: 'production',
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    })
    stack.defer(() => server.stop())
    const lists = { topics: topicNames(topics), tokens: await tokensFor(subscribers), queries: [QUERY] }
    const target = {
      ports: [port],
      pids: [server.pid],
      ...SPOKEN[speaks],
      ...(await writeLists(stack, lists)),
    }
    const running = stack.move()
    return {
      target,
      collector: server.pid,
      publishing: { request: PUBLISH, port, connections: 1 },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  }
  return { key, name, isSlow, start }
}

const LIMIT: System = {
  key: 'limit',
  name: 'C++ `send(2)` per socket: the limit of one write per delivery',
  async start({ topics }) {
    if (topics > 1) throw new Error('the limit knows one topic')
    await using stack = new AsyncDisposableStack()
    const port = await freePort()
    const server = await launch([await build('limit'), String(port)], port)
    stack.defer(() => server.stop())
    const lists = { topics: topicNames(topics), tokens: [''], queries: [''] }
    const target = {
      ports: [port],
      pids: [server.pid],
      ...SPOKEN.raw,
      ...(await writeLists(stack, lists)),
    }
    const running = stack.move()
    return {
      target,
      publishing: { request: PUBLISH, port, connections: 1 },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  },
}

export const PEER_SYSTEMS: readonly System[] = [
  createPeer({
    key: 'yoga',
    name: 'Yoga + graphql-ws + Pothos + graphql-redis-subscriptions',
    file: 'yoga.ts',
    speaks: 'graphql',
    hasRedis: true,
    isSlow: true,
  }),
  createPeer({
    key: 'yoga-memory',
    name: 'the same, its events in memory',
    file: 'yoga.ts',
    speaks: 'graphql',
    isSlow: true,
  }),
  createPeer({ key: 'mercurius', name: 'mercurius', file: 'mercurius.ts', speaks: 'graphql', isSlow: true }),
  createPeer({
    key: 'socket.io',
    name: 'Socket.IO 4 (no GraphQL, no tokens)',
    file: 'socket-io.ts',
    speaks: 'socket.io',
  }),
  createPeer({
    key: 'socket.io-redis',
    name: 'Socket.IO 4 + Redis adapter',
    file: 'socket-io.ts',
    speaks: 'socket.io',
    hasRedis: true,
  }),
  createPeer({
    key: 'ws',
    name: 'plain `ws`, `send(string)` in a loop',
    file: 'websocket.ts',
    speaks: 'raw',
  }),
  createPeer({
    key: 'ws-frame',
    name: '`ws`, one shared frame to each socket',
    file: 'shared-frame.ts',
    speaks: 'raw',
  }),
  LIMIT,
]
