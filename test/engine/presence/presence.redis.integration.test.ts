import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDeadlines } from '../../../src/engine/kernel/deadlines.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant, later } from '../../../src/engine/kernel/instant.ts'
import { createPresence, type Presence } from '../../../src/engine/presence/presence.ts'
import type { PresenceSession } from '../../../src/engine/presence/presence-session.ts'
import { createRedisRegistry } from '../../../src/engine/presence/registry.redis.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createRedisBus } from '../../../src/pubsub/bus.redis.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'

const ROOM = asRoomId('room_1')
const person = (id: string) => ({ id: asUserId(id), name: id.toUpperCase() })
const ANN = person('ann')
const BEN = person('ben')

interface Node {
  readonly presence: Presence
  connect(user: ReturnType<typeof person>): PresenceSession
  /** `ann ONLINE`, in order of arrival. */
  present(): Promise<readonly string[]>
  typing(): Promise<readonly string[]>
}

async function startNode(name: string, prefix: string, clockMs: number): Promise<Node> {
  const now = () => later(instant(Date.now()), clockMs)
  const url = sharedRedisUrl()
  const bus = await createRedisBus({ url, prefix })
  const registry = await createRedisRegistry({ url, prefix, node: name, bus })
  const deadlines = createDeadlines(now)
  const presence = createPresence({ registry, bus, node: name, deadlines, now })
  onTestFinished(async () => {
    await presence.close()
    await bus.close()
    deadlines.clear()
  })
  return {
    presence,
    connect(user) {
      const session = presence.openSession()
      session.signIn(user)
      return session
    },
    async present() {
      const { users } = await presence.roster(ROOM).read()
      return users.map(({ user, state }) => `${user.id} ${state}`)
    },
    typing: async () => (await presence.typing(ROOM).read()).users.map(({ id }) => id),
  }
}

/** Two nodes whose clocks are five minutes apart. */
async function givenTwo(): Promise<readonly [Node, Node]> {
  const prefix = freshRedisPrefix()
  return [await startNode('node_1', prefix, 0), await startNode('node_2', prefix, 300_000)]
}

describe('two nodes', () => {
  test('show the users present on either, and count each once', async () => {
    const [one, two] = await givenTwo()
    one.connect(ANN).enter(ROOM)
    await vi.waitFor(async () => expect(await two.present()).toEqual(['ann ONLINE']))
    two.connect(ANN).enter(ROOM)
    two.connect(BEN).enter(ROOM)
    for (const node of [one, two]) {
      await vi.waitFor(async () => expect(await node.present()).toEqual(['ann ONLINE', 'ben ONLINE']))
      expect(await node.presence.count(ROOM)).toBe(2)
    }
  })

  test('agree on the arrival time of a user who moved from one to the other', async () => {
    const [one, two] = await givenTwo()
    const session = one.connect(ANN)
    const leave = session.enter(ROOM)
    const [came] = (await one.presence.roster(ROOM).read()).users
    expect(came?.user).toEqual(ANN)
    two.connect(ANN).enter(ROOM)
    await two.present()
    // Without a grace period, as if it had just expired.
    leave(true)
    await vi.waitFor(async () => expect(await one.presence.count(ROOM)).toBe(1))
    await vi.waitFor(async () => {
      for (const node of [one, two]) expect((await node.presence.roster(ROOM).read()).users).toEqual([came])
    })
  })

  test('apply the state that a user sets on one of them to all connections of the user', async () => {
    const [one, two] = await givenTwo()
    one.connect(ANN).enter(ROOM)
    expect(await two.presence.setState(ROOM, BEN.id, 'IDLE', null)).toBe(false)
    await one.present()
    expect(await two.presence.setState(ROOM, ANN.id, 'IDLE', null)).toBe(true)
    await vi.waitFor(async () => expect(await two.present()).toEqual(['ann IDLE']))
    const here = two.connect(ANN)
    here.enter(ROOM)
    await vi.waitFor(async () => expect(await one.present()).toEqual(['ann ONLINE']))
    // That connection and no other.
    expect(await two.presence.setState(ROOM, ANN.id, 'IDLE', here)).toBe(true)
    await vi.waitFor(async () => expect(await one.present()).toEqual(['ann IDLE']))
    expect(await one.presence.setState(ROOM, ANN.id, 'ONLINE', null)).toBe(true)
    await two.presence.setState(ROOM, ANN.id, 'IDLE', here)
    await vi.waitFor(async () => expect(await two.present()).toEqual(['ann ONLINE']))
  })

  test('show the users typing on either, and stop typing on both', async () => {
    const [one, two] = await givenTwo()
    await one.presence.setTyping(ROOM, ANN, true)
    await vi.waitFor(async () => expect(await two.typing()).toEqual(['ann']))
    await two.presence.setTyping(ROOM, ANN, true)
    await two.presence.setTyping(ROOM, ANN, false)
    for (const node of [one, two]) await vi.waitFor(async () => expect(await node.typing()).toEqual([]))
  })

  test('know the connected users of either, and the total connections of each', async () => {
    const [one, two] = await givenTwo()
    const sessions = [one.connect(ANN), one.connect(ANN), two.connect(ANN), two.connect(BEN)]
    await one.presence.connections([ANN.id])
    expect(await two.presence.connections([ANN.id])).toEqual(new Map([[ANN.id, 3]]))
    expect(await one.presence.connected([ANN.id, BEN.id, asUserId('nobody')])).toEqual(
      new Set([ANN.id, BEN.id]),
    )
    sessions[0]?.close()
    sessions[3]?.close()
    await Promise.all([one.presence.connections([ANN.id]), two.presence.connections([BEN.id])])
    expect(await two.presence.connections([ANN.id])).toEqual(new Map([[ANN.id, 2]]))
    expect(await one.presence.connected([ANN.id, BEN.id])).toEqual(new Set([ANN.id]))
  })
})
