import { join } from 'node:path'
import { NO_LIMITS, startNode, type TestNode } from '../../test/support/node.ts'
import { type PostgresServer, startPostgres } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import { makeRoom } from '../../test/support/rooms.ts'
import { signToken } from '../../test/support/tokens.ts'
import { pinToServerCore } from '../run/generator.ts'
import { lengthOf, tokensFor, writeLists } from './peer.ts'
import type { RunningSystem, Stage, StartOptions, System } from './system.ts'

/** Its nodes and the generator's input. */
export interface RunningRostrum extends RunningSystem {
  readonly nodes: readonly TestNode[]
  readonly rooms: readonly string[]
  /** Of the owner of the rooms, who publishes. */
  readonly publisherToken: string
}

const COLLECT_GARBAGE = join(import.meta.dirname, '../peers/collect-garbage.ts')
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  __typename ... on Rejected { code } } }`.replaceAll(/\s+/g, ' ')
const ROOMS_AT_ONCE = 50

/** `message` at the end, as heavy as a bid of the peers; `number` makes selections unlike. */
function messagesQuery(number: number): string {
  const unlike = number === 0 ? 'sentAt' : `sentAt${number}: sentAt`
  return (
    `subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) { ` +
    `__typename ... on Event { offset cursor } ... on MessageSent { message { id t: body ${unlike} author { id name } } } } }`
  )
}

/** A request of HTTP/1.1 that sends a message with its time as the body. */
function publishRequest(token: string, room: string): string {
  const variables = { input: { roomId: '{topic}', body: '{time}', clientMessageId: 'bench {number}' } }
  const body = JSON.stringify({ query: SEND, variables })
  return [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Authorization: Bearer ${token}`,
    `Content-Length: ${lengthOf(body, room)}`,
    '',
    body,
  ].join('\\r\\n')
}

async function makeRooms(node: TestNode, token: string, count: number): Promise<readonly string[]> {
  const rooms: string[] = []
  while (rooms.length < count) {
    const some = Array.from({ length: Math.min(ROOMS_AT_ONCE, count - rooms.length) }, () =>
      makeRoom(node, token),
    )
    rooms.push(...(await Promise.all(some)))
  }
  return rooms
}

async function startNodes(
  count: number,
  postgres: PostgresServer,
  redisUrl: string,
  { profileFolder }: StartOptions,
): Promise<readonly TestNode[]> {
  const profiling = profileFolder === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${profileFolder}`
  const databaseUrl = await postgres.createDatabase()
  const env = {
    ...NO_LIMITS,
    NODE_ENV: 'production',
    MUTATIONS_PER_SECOND: '1000000',
    // The generator's clients are one user, who follows all rooms.
    MAX_QUERY_COMPLEXITY: '1000000',
    NODE_OPTIONS: `--import=${COLLECT_GARBAGE}${profiling}`,
  }
  const nodes: TestNode[] = []
  for (let index = 0; index < count; index += 1) {
    const node = await startNode({ databaseUrl, redisUrl, env })
    await pinToServerCore(node.pid)
    nodes.push(node)
  }
  return nodes
}

/** `src/main.ts` as operators run it: in production mode, on PostgreSQL with fsync and Redis, tokens checked. */
export async function startRostrum(
  { topics, subscribers, selections = 1, nodes: count = 1 }: Stage,
  options: StartOptions,
): Promise<RunningRostrum> {
  await using stack = new AsyncDisposableStack()
  const postgres = stack.use(await startPostgres({ fsync: true }))
  const redis = stack.use(await startRedis())
  const nodes = await startNodes(count, postgres, redis.url, options)
  for (const node of nodes) stack.use(node)
  const [first] = nodes
  if (first === undefined) throw new RangeError('there is no node')
  const publisherToken = await signToken('publisher', { claims: { name: 'Ada Lovelace' } })
  const rooms = await makeRooms(first, publisherToken, topics)
  const lists = {
    topics: rooms,
    tokens: await tokensFor(subscribers),
    queries: Array.from({ length: selections }, (_, number) => messagesQuery(number)),
  }
  const ports = nodes.map(({ url }) => Number(new URL(url).port))
  const files = await writeLists(stack, lists)
  const running = stack.move()
  return {
    nodes,
    rooms,
    publisherToken,
    collector: first.pid,
    target: {
      ports,
      pids: nodes.map(({ pid }) => pid),
      protocol: 'graphql',
      path: '/graphql',
      init: '{"token":"{token}"}',
      variables: '{"roomId":"{topic}"}',
      ready: 'first',
      ...files,
    },
    publishing: {
      request: publishRequest(publisherToken, rooms[0] ?? ''),
      port: ports[0] ?? 0,
      connections: 4,
      refusal: '"Rejected"',
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export const ROSTRUM: System = {
  key: 'rostrum',
  name: '**Rostrum** (PostgreSQL with fsync, Redis)',
  start: startRostrum,
}
