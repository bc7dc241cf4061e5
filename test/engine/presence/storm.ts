import { setTimeout as pause } from 'node:timers/promises'
import { createDeadlines } from '../../../src/engine/kernel/deadlines.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { createPresence, type Presence } from '../../../src/engine/presence/presence.ts'
import { createRedisRegistry } from '../../../src/engine/presence/registry.redis.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createRedisBus } from '../../../src/pubsub/bus.redis.ts'
import { redisFigures } from '../../support/redis-figures.ts'

export interface StormOptions {
  readonly redisUrl: string
  readonly nodes: number
  readonly users: number
  /** Within which all come, and within which all go again. */
  readonly withinMs: number
  /** Those who follow the room on each node. */
  readonly followers: number
}

/** What a storm in one direction cost, until every node knew its end. */
export interface StormFigures {
  readonly seconds: number
  /** From the last user's coming or going until every node knew. */
  readonly settledMs: number
  /** Scripts that Redis ran for all nodes together. */
  readonly scripts: number
  /** Messages that nodes were sent: each goes to all who follow the room. */
  readonly notices: number
  readonly redisCpuMs: number
  /** How often the busiest follower was told. */
  readonly payloads: number
  /** Time for which the event loop that all nodes share was busy. */
  readonly nodesCpuMs: number
}

const ROOM = asRoomId('room_storm')
const SLICES = 100

interface Node extends AsyncDisposable {
  readonly presence: Presence
  readonly told: number[]
}

async function startNode(index: number, { redisUrl, followers }: StormOptions): Promise<Node> {
  const prefix = 'storm:'
  const now = () => instant(Date.now())
  const name = `node_${index}`
  const bus = await createRedisBus({ url: redisUrl, prefix })
  const registry = await createRedisRegistry({ url: redisUrl, prefix, node: name, bus })
  const deadlines = createDeadlines(now)
  const presence = createPresence({ registry, bus, node: name, deadlines, now })
  const told = Array.from({ length: followers }, () => 0)
  const stops = told.map((_, follower) => {
    const roster = presence.roster(ROOM)
    return roster.watch(() => {
      told[follower] = (told[follower] ?? 0) + 1
      void roster.read()
    })
  })
  await presence.roster(ROOM).read()
  return {
    presence,
    told,
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop()
      await presence.close()
      await bus.close()
      deadlines.clear()
    },
  }
}

/** `act` for each user, spread evenly. */
async function spread(users: number, withinMs: number, act: (user: number) => void): Promise<void> {
  const start = performance.now()
  const slice = Math.ceil(users / SLICES)
  for (let user = 0; user < users; user += 1) {
    if (user % slice === 0) await pause(Math.max(0, start + (withinMs * user) / users - performance.now()))
    act(user)
  }
}

/** Users come to a room all at once, spread over nodes that share this process, and go again. */
export async function runStorm(
  options: StormOptions,
): Promise<{ readonly joining: StormFigures; readonly leaving: StormFigures }> {
  const { redisUrl, users, withinMs } = options
  await using stack = new AsyncDisposableStack()
  const nodes: Node[] = []
  for (let index = 0; index < options.nodes; index += 1) {
    nodes.push(stack.use(await startNode(index, options)))
  }

  async function measure(act: (user: number) => void, count: number): Promise<StormFigures> {
    const before = await redisFigures(redisUrl)
    const told = nodes.flatMap((node) => node.told)
    const cpu = process.cpuUsage()
    const start = performance.now()
    await spread(users, withinMs, act)
    const done = performance.now()
    for (const { presence } of nodes) {
      while ((await presence.roster(ROOM).read()).count !== count) await pause(5)
    }
    const end = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    const after = await redisFigures(redisUrl)
    // What still has to be told comes within a second.
    await pause(1_200)
    return {
      seconds: (end - start) / 1000,
      settledMs: end - done,
      scripts: after.scripts - before.scripts,
      notices: after.notices - before.notices,
      redisCpuMs: after.cpuMs - before.cpuMs,
      payloads: Math.max(...nodes.flatMap((node) => node.told).map((now, index) => now - (told[index] ?? 0))),
      nodesCpuMs: (user + system) / 1000,
    }
  }

  const leaves = new Map<number, () => void>()
  const joining = await measure((user) => {
    const attendee = nodes[user % nodes.length]?.presence.attend()
    attendee?.signIn({ id: asUserId(`user ${user}`), name: `User ${user}` })
    const leave = attendee?.enter(ROOM)
    leaves.set(user, () => {
      // Without the moment that hides a reconnect: so that all of it is one storm.
      leave?.(true)
      attendee?.close()
    })
  }, users)
  const leaving = await measure((user) => leaves.get(user)?.(), 0)
  return { joining, leaving }
}
