import { setTimeout as pause } from 'node:timers/promises'
import { createDeadlines } from '../../../src/engine/kernel/deadlines.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { createPresence, type Presence } from '../../../src/engine/presence/presence.ts'
import { createRedisRegistry } from '../../../src/engine/presence/registry.redis.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createRedisBus } from '../../../src/pubsub/bus.redis.ts'
import { redisStats } from '../../support/redis-stats.ts'

export interface StormOptions {
  readonly redisUrl: string
  readonly nodes: number
  readonly users: number
  /** Period in which all users join, and later all leave. */
  readonly withinMs: number
  /** Watchers of the room on each node. */
  readonly followers: number
}

/** Cost of a storm in one direction, until every node has seen the final state. */
export interface StormStats {
  readonly seconds: number
  /** From the last join or leave until every node has seen it. */
  readonly settledMs: number
  /** Scripts that Redis ran for all nodes together. */
  readonly scripts: number
  /** Messages published to nodes; each goes to every node that watches the room. */
  readonly notices: number
  readonly redisCpuMs: number
  /** Notifications of the busiest watcher. */
  readonly payloads: number
  /** CPU time of the process that all nodes share. */
  readonly nodesCpuMs: number
}

const ROOM = asRoomId('room_storm')
const SLICES = 100

interface Node extends AsyncDisposable {
  readonly presence: Presence
  readonly notified: number[]
}

async function startNode(index: number, { redisUrl, followers }: StormOptions): Promise<Node> {
  const prefix = 'storm:'
  const now = () => instant(Date.now())
  const name = `node_${index}`
  const bus = await createRedisBus({ url: redisUrl, prefix })
  const registry = await createRedisRegistry({ url: redisUrl, prefix, node: name, bus })
  const deadlines = createDeadlines(now)
  const presence = createPresence({ registry, bus, node: name, deadlines, now })
  const notified = Array.from({ length: followers }, () => 0)
  const stops = notified.map((_, follower) => {
    const roster = presence.roster(ROOM)
    return roster.watch(() => {
      notified[follower] = (notified[follower] ?? 0) + 1
      void roster.read()
    })
  })
  await presence.roster(ROOM).read()
  return {
    presence,
    notified,
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop()
      await presence.close()
      await bus.close()
      deadlines.clear()
    },
  }
}

/** Runs `act` for each user, spread evenly over the period. */
async function spread(users: number, withinMs: number, act: (user: number) => void): Promise<void> {
  const start = performance.now()
  const slice = Math.ceil(users / SLICES)
  for (let user = 0; user < users; user += 1) {
    if (user % slice === 0) await pause(Math.max(0, start + (withinMs * user) / users - performance.now()))
    act(user)
  }
}

/** Users join a room at once, spread over nodes that share this process, and leave again. */
export async function runStorm(
  options: StormOptions,
): Promise<{ readonly joining: StormStats; readonly leaving: StormStats }> {
  const { redisUrl, users, withinMs } = options
  await using stack = new AsyncDisposableStack()
  const nodes: Node[] = []
  for (let index = 0; index < options.nodes; index += 1) {
    nodes.push(stack.use(await startNode(index, options)))
  }

  async function measure(act: (user: number) => void, count: number): Promise<StormStats> {
    const before = await redisStats(redisUrl)
    const notified = nodes.flatMap((node) => node.notified)
    const cpu = process.cpuUsage()
    const start = performance.now()
    await spread(users, withinMs, act)
    const done = performance.now()
    for (const { presence } of nodes) {
      while ((await presence.roster(ROOM).read()).count !== count) await pause(5)
    }
    const end = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    const after = await redisStats(redisUrl)
    // Pending notifications arrive within a second.
    await pause(1_200)
    return {
      seconds: (end - start) / 1000,
      settledMs: end - done,
      scripts: after.scripts - before.scripts,
      notices: after.notices - before.notices,
      redisCpuMs: after.cpuMs - before.cpuMs,
      payloads: Math.max(
        ...nodes.flatMap((node) => node.notified).map((now, index) => now - (notified[index] ?? 0)),
      ),
      nodesCpuMs: (user + system) / 1000,
    }
  }

  const leaves = new Map<number, () => void>()
  const joining = await measure((user) => {
    const session = nodes[user % nodes.length]?.presence.openSession()
    session?.signIn({ id: asUserId(`user ${user}`), name: `User ${user}` })
    const leave = session?.enter(ROOM)
    leaves.set(user, () => {
      // Without a grace period, so that all of them leave in one storm.
      leave?.(true)
      session?.close()
    })
  }, users)
  const leaving = await measure((user) => leaves.get(user)?.(), 0)
  return { joining, leaving }
}
