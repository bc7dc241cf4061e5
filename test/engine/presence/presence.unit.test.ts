import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDeadlines } from '../../../src/engine/kernel/deadlines.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { presenceChannel, typingChannel } from '../../../src/engine/presence/channels.ts'
import { createPresence } from '../../../src/engine/presence/presence.ts'
import type { PresenceSession } from '../../../src/engine/presence/presence-session.ts'
import { createMemoryRegistry } from '../../../src/engine/presence/registry.memory.ts'
import type { Registry } from '../../../src/engine/presence/registry.ts'
import { rosterOf } from '../../../src/engine/presence/roster.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createMemoryBus } from '../../../src/pubsub/bus.memory.ts'

const START = 1_000_000_000_000
const ROOM = asRoomId('room_1')
const OTHER_ROOM = asRoomId('room_2')
const GRACE_MS = 10_000
const person = (id: string) => ({ id: asUserId(id), name: id.toUpperCase() })
const ANN = person('ann')
const BEN = person('ben')

beforeEach(() => vi.useFakeTimers({ now: START }))
afterEach(() => vi.useRealTimers())

/** Advances time by `ms` and runs what falls due. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

function given() {
  const now = () => instant(Date.now())
  const registry = createMemoryRegistry()
  let notifyShared: Parameters<Registry['onShared']>[0] = () => {}
  const presence = createPresence({
    registry: {
      ...registry,
      onShared(listener) {
        notifyShared = listener
      },
    },
    ...{ bus: createMemoryBus(), node: 'node_1', deadlines: createDeadlines(now), now },
  })
  onTestFinished(() => presence.close())

  const connect = (user = ANN): PresenceSession => {
    const session = presence.openSession()
    session.signIn(user)
    return session
  }
  return {
    presence,
    registry,
    connect,
    notifyShared: (...what: Parameters<typeof notifyShared>) => notifyShared(...what),
    /** The users present, as `ann ONLINE since 0`, in milliseconds after the start. */
    async present(roomId = ROOM) {
      const { users, count } = await presence.roster(roomId).read()
      expect(count).toBe(users.length)
      expect(await presence.count(roomId)).toBe(count)
      return users.map(({ user, state, since }) => `${user.id} ${state} since ${since - START}`)
    },
    async typing(roomId = ROOM) {
      return (await presence.typing(roomId).read()).users.map(({ id }) => id)
    },
  }
}

describe('a user', () => {
  test('is present in a room while a connection has a subscription in it, with name and arrival time', async () => {
    const { presence, connect, present } = given()
    await pass(5_000)
    const leave = connect().enter(ROOM)
    expect(await presence.roster(ROOM).read()).toEqual({
      scope: ROOM,
      count: 1,
      users: [{ user: ANN, state: 'ONLINE', since: instant(START + 5_000) }],
      at: instant(START + 5_000),
    })
    expect(await present(OTHER_ROOM)).toEqual([])
    leave(false)
    await pass(GRACE_MS - 1)
    expect(await present()).toEqual(['ann ONLINE since 5000'])
    await pass(1)
    expect(await present()).toEqual([])
  })

  test('stays present until the last subscription of all connections has ended', async () => {
    const { connect, present } = given()
    const [one, two] = [connect(), connect()]
    const leaves = [one.enter(ROOM), one.enter(ROOM), two.enter(ROOM)]
    for (const leave of leaves) {
      expect(await present()).toEqual(['ann ONLINE since 0'])
      leave(false)
      leave(false)
      await pass(GRACE_MS + 1)
    }
    expect(await present()).toEqual([])
  })

  test('who comes back within the grace period was never away; afterwards they arrive again', async () => {
    const { connect, present, presence } = given()
    const changes = vi.fn()
    connect().enter(ROOM)(false)
    onTestFinished(presence.roster(ROOM).watch(changes))
    await present()
    await pass(GRACE_MS - 1)
    const leave = connect().enter(ROOM)
    await pass(GRACE_MS * 2)
    expect(await present()).toEqual(['ann ONLINE since 0'])
    expect(changes).not.toHaveBeenCalled()
    leave(false)
    await pass(GRACE_MS)
    await pass(1_000)
    connect().enter(ROOM)
    expect(await present()).toEqual([`ann ONLINE since ${GRACE_MS * 4 + 999}`])
  })

  test('is absent before signing in, and present in all rooms of the connection afterwards', async () => {
    const { presence, present } = given()
    const session = presence.openSession()
    session.enter(ROOM)
    session.enter(OTHER_ROOM)(false)
    expect(await present()).toEqual([])
    await pass(1_000)
    session.signIn(ANN)
    expect(await present()).toEqual(['ann ONLINE since 1000'])
    expect(await present(OTHER_ROOM)).toEqual([])
    await pass(1_000)
    session.signIn({ ...ANN, name: 'Another name' })
    expect(await presence.roster(ROOM).read()).toMatchObject({
      users: [{ user: { name: 'Another name' }, since: START + 1_000 }],
    })
  })

  test('does not return to a room that they have left when their token is renewed', async () => {
    const { connect, present } = given()
    const session = connect()
    session.enter(ROOM)(false)
    await pass(GRACE_MS)
    session.signIn(ANN)
    expect(await present()).toEqual([])
  })

  test('is shown after earlier arrivals', async () => {
    const { connect, present } = given()
    connect(BEN).enter(ROOM)
    await pass(600)
    connect(ANN).enter(ROOM)
    await pass(600)
    expect(await present()).toEqual(['ben ONLINE since 0', 'ann ONLINE since 600'])
  })

  test('who moves from another node keeps the arrival time there', async () => {
    const { connect, present, notifyShared } = given()
    await pass(3_000)
    connect().enter(ROOM)
    notifyShared(presenceChannel(ROOM), ANN.id, [`ONLINE ${START + 2_000} ANN`, `IDLE ${START + 1_000} ANN`])
    expect(await present()).toEqual(['ann ONLINE since 1000'])
    notifyShared(presenceChannel(ROOM), BEN.id, [`ONLINE ${START} BEN`])
    expect(await present()).toEqual(['ann ONLINE since 1000'])
    // The clocks of nodes may differ.
    connect(BEN).enter(ROOM)
    notifyShared(presenceChannel(ROOM), BEN.id, [`ONLINE ${START + 9_000} BEN`])
    expect(await present()).toEqual(['ann ONLINE since 1000', 'ben ONLINE since 9000'])
  })

  test('on several nodes is ONLINE if ONLINE on any, and present since the earliest', () => {
    const metadata = new Map([
      [ANN.id, ['IDLE 5 ANN', 'ONLINE 7 ANN']],
      [BEN.id, ['IDLE 6 BEN', 'IDLE 4 BEN']],
    ])
    expect(rosterOf(ROOM, { count: 2, metadata }, instant(9))).toEqual({
      scope: ROOM,
      count: 2,
      users: [
        { user: BEN, state: 'IDLE', since: 4 },
        { user: ANN, state: 'ONLINE', since: 5 },
      ],
      at: 9,
    })
  })
})

describe('a user who lost access to a room', () => {
  test('disappears from it at once, including connections in their grace period', async () => {
    const { connect, present } = given()
    connect().enter(ROOM)(false)
    const leaves = [connect().enter(ROOM), connect().enter(ROOM)]
    connect(BEN).enter(ROOM)
    leaves[0]?.(true)
    expect(await present()).toEqual(['ann ONLINE since 0', 'ben ONLINE since 0'])
    leaves[1]?.(true)
    expect(await present()).toEqual(['ben ONLINE since 0'])
    await pass(GRACE_MS * 2)
    expect(await present()).toEqual(['ben ONLINE since 0'])
  })

  test('disappears from all rooms if the whole connection was revoked', async () => {
    const { connect, present } = given()
    const session = connect()
    const leaves = [session.enter(ROOM), session.enter(OTHER_ROOM)]
    session.revoke()
    for (const leave of leaves) leave(false)
    expect(await present()).toEqual([])
    expect(await present(OTHER_ROOM)).toEqual([])
  })
})

describe('a state that a user sets', () => {
  test('applies to one connection: the user is ONLINE if any connection is', async () => {
    const { presence, connect, present } = given()
    const [one, two] = [connect(), connect()]
    one.enter(ROOM)
    two.enter(ROOM)
    expect(await presence.setState(ROOM, ANN.id, 'IDLE', one)).toBe(true)
    expect(await present()).toEqual(['ann ONLINE since 0'])
    await presence.setState(ROOM, ANN.id, 'IDLE', two)
    expect(await present()).toEqual(['ann IDLE since 0'])
    await presence.setState(ROOM, ANN.id, 'ONLINE', one)
    expect(await present()).toEqual(['ann ONLINE since 0'])
  })

  test('applies to that room alone, and survives a new subscription there', async () => {
    const { presence, connect, present } = given()
    const session = connect()
    const leave = session.enter(ROOM)
    session.enter(OTHER_ROOM)
    await presence.setState(ROOM, ANN.id, 'IDLE', session)
    leave(false)
    await pass(1_000)
    session.enter(ROOM)
    await pass(GRACE_MS)
    expect(await present()).toEqual(['ann IDLE since 0'])
    expect(await present(OTHER_ROOM)).toEqual(['ann ONLINE since 0'])
  })

  test('survives a reconnect of another connection, which is ONLINE until it sets its own state', async () => {
    const { presence, connect, present } = given()
    const [staying, leaving] = [connect(), connect()]
    staying.enter(ROOM)
    const leave = leaving.enter(ROOM)
    await presence.setState(ROOM, ANN.id, 'IDLE', staying)
    leave(false)
    expect(await present()).toEqual(['ann ONLINE since 0'])
    await pass(GRACE_MS)
    expect(await present()).toEqual(['ann IDLE since 0'])
  })

  test('from outside the room applies to all connections of the user', async () => {
    const { presence, connect, present } = given()
    const [one, two, elsewhere] = [connect(), connect(), connect()]
    one.enter(ROOM)
    two.enter(ROOM)
    elsewhere.enter(OTHER_ROOM)
    expect(await presence.setState(ROOM, ANN.id, 'IDLE', elsewhere)).toBe(true)
    expect(await present()).toEqual(['ann IDLE since 0'])
    expect(await presence.setState(ROOM, ANN.id, 'ONLINE', null)).toBe(true)
    expect(await present()).toEqual(['ann ONLINE since 0'])
    expect(await present(OTHER_ROOM)).toEqual(['ann ONLINE since 0'])
  })

  test('is refused if the user is not present', async () => {
    const { presence, connect } = given()
    const session = connect()
    session.enter(OTHER_ROOM)
    connect(BEN).enter(ROOM)
    expect(await presence.setState(ROOM, ANN.id, 'IDLE', session)).toBe(false)
    expect(await presence.setState(ROOM, ANN.id, 'IDLE', null)).toBe(false)
  })
})

describe('typing', () => {
  test('is shown for ten seconds after the last signal', async () => {
    const { presence, typing } = given()
    await presence.setTyping(ROOM, ANN, true)
    await pass(8_000)
    await presence.setTyping(ROOM, ANN, true)
    await pass(9_999)
    expect(await typing()).toEqual(['ann'])
    expect(await typing(OTHER_ROOM)).toEqual([])
    await pass(1)
    expect(await typing()).toEqual([])
  })

  test('ends on request, and is shown in the order in which users began', async () => {
    const { presence, typing } = given()
    await presence.setTyping(ROOM, BEN, true)
    await pass(1)
    await presence.setTyping(ROOM, ANN, true)
    await pass(1)
    await presence.setTyping(ROOM, BEN, true)
    expect(await typing()).toEqual(['ben', 'ann'])
    await presence.setTyping(ROOM, BEN, false)
    await presence.setTyping(ROOM, BEN, false)
    expect(await typing()).toEqual(['ann'])
  })

  test('ends when the user leaves the room, even within the grace period', async () => {
    const { presence, connect, typing } = given()
    const [one, two] = [connect().enter(ROOM), connect().enter(ROOM)]
    await presence.setTyping(ROOM, ANN, true)
    one(false)
    expect(await typing()).toEqual(['ann'])
    two(false)
    expect(await typing()).toEqual([])
  })

  test('ends on every node when the user may no longer post', async () => {
    const now = () => instant(Date.now())
    const bus = createMemoryBus()
    const node = (name: string) => {
      const parts = { registry: createMemoryRegistry(), deadlines: createDeadlines(now), now }
      const presence = createPresence({ ...parts, bus, node: name })
      onTestFinished(() => presence.close())
      return presence
    }
    const [here, there] = [node('node_1'), node('node_2')]
    await pass(0)
    const writing = async (presence: typeof here) =>
      (await presence.typing(ROOM).read()).users.map(({ id }) => id)
    for (const each of [here, there]) {
      await each.setTyping(ROOM, ANN, true)
      await each.setTyping(ROOM, BEN, true)
    }
    here.silence(ROOM, ANN.id)
    await pass(0)
    expect([await writing(here), await writing(there)]).toEqual([['ben'], ['ben']])
    here.endTyping(ROOM)
    await pass(0)
    expect([await writing(here), await writing(there)]).toEqual([[], []])
    // A signal that was allowed just before the end arrives too late.
    for (const each of [here, there]) await each.setTyping(ROOM, ANN, true)
    expect([await writing(here), await writing(there)]).toEqual([[], []])
  })

  test('keeps its value while no user begins or stops, however often they signal', async () => {
    const { presence } = given()
    const subject = presence.typing(ROOM)
    onTestFinished(subject.watch(() => {}))
    await presence.setTyping(ROOM, ANN, true)
    await pass(600)
    const shown = await subject.read()
    await pass(2_000)
    await presence.setTyping(ROOM, ANN, true)
    await pass(1_000)
    expect(await subject.read()).toBe(shown)
  })

  test('on a crashed node is shown for ten seconds after the last signal arrived', async () => {
    const { registry, presence } = given()
    const subject = presence.typing(ROOM)
    const seen: (readonly string[])[] = []
    const look = async (): Promise<void> => {
      seen.push((await subject.read()).users.map(({ id }) => id))
    }
    onTestFinished(subject.watch(() => void look()))
    await look()
    // By another node's clock.
    registry.setMeta(typingChannel(ROOM), BEN.id, '7 7 BEN')
    await pass(9_000)
    registry.setMeta(typingChannel(ROOM), BEN.id, '7 8 BEN')
    await pass(9_900)
    expect(seen.at(-1)).toEqual(['ben'])
    await pass(700)
    expect(seen.at(-1)).toEqual([])
  })
})

describe('connected users', () => {
  test('are those with a connection, with its number, until the last has closed', async () => {
    const { presence, connect } = given()
    const all = [ANN.id, BEN.id]
    const [one, two] = [connect(), connect()]
    const visitor = presence.openSession()
    expect(await presence.connected(all)).toEqual(new Set([ANN.id]))
    expect(await presence.connections([ANN.id])).toEqual(new Map([[ANN.id, 2]]))
    one.close()
    one.close()
    one.signIn(ANN)
    expect(await presence.connections([ANN.id])).toEqual(new Map([[ANN.id, 1]]))
    two.signIn(ANN)
    two.close()
    expect(await presence.connected(all)).toEqual(new Set())
    expect(await presence.connections([ANN.id])).toEqual(new Map([[ANN.id, 0]]))
    visitor.signIn(BEN)
    expect(await presence.connected(all)).toEqual(new Set([BEN.id]))
  })
})
