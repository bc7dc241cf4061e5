import { setTimeout as pause } from 'node:timers/promises'
import { post } from '../../support/graphql-client.ts'
import type { RestartingNode } from '../../support/restarting-node.ts'
import { signToken } from '../../support/tokens.ts'
import type { Fault } from '../fault.ts'
import { addMember, type Places, SELLER } from '../places.ts'
import { perform, type Scenario, type Setting } from '../scenario.ts'
import type { Watched } from '../watchers.ts'

/** How soon after its answer a mutation takes effect on every node. */
const HOLDS_WITHIN_MS = 1_000
/** Margin from the socket to the client's log on a busy machine. */
const ON_ITS_WAY_MS = 500

const REMOVE =
  'mutation ($roomId: ID!, $userId: ID!) { removeMember(roomId: $roomId, userId: $userId) { __typename } }'
const REVOKE = `mutation ($userId: ID!) { revokeUser(userId: $userId, reason: "Out") }`

/** Why a user loses the right to see. */
type End = 'stays' | 'expires' | 'is revoked' | 'is removed'

/** A member of all rooms, subscribed to each history. */
interface Person {
  readonly userId: string
  readonly end: End
  readonly expiresAt: number
  readonly watched: readonly Watched[]
}

/** Members whose token expires `lifetimeMs` from now, and others, two of each kind. */
async function people(
  lifetimeMs: number,
  { followed, roomIds }: Places,
  [first]: readonly RestartingNode[],
): Promise<readonly Person[]> {
  if (first === undefined) throw new RangeError('a scenario has a node')
  const seller = await signToken(SELLER)
  const wanted = (['stays', 'expires', 'is revoked', 'is removed'] as const).flatMap((end) => [
    { end, userId: `one who ${end}` },
    { end, userId: `another who ${end}` },
  ])
  return Promise.all(
    wanted.map(async ({ end, userId }) => {
      await Promise.all(roomIds.map((roomId) => addMember(first.node, roomId, userId, seller)))
      const expiresAt = Date.now() + lifetimeMs
      const token = await signToken(userId, end === 'expires' ? { lifetimeMs } : {})
      // Announcements to all also reach users who were removed from a room.
      const theirs = followed.filter(({ topic }) => end !== 'is removed' || topic !== 'announcements')
      const watched = theirs.map((one) => ({
        ...{ ...one, token, library: 'graphql-ws' as const },
        subscription: `${userId} ${one.topic}`,
      }))
      return { userId, end, expiresAt, watched }
    }),
  )
}

async function ask(
  node: RestartingNode,
  query: string,
  variables: Readonly<Record<string, string>>,
  token: string,
): Promise<void> {
  const { data, errors } = await post(node.node.url, query, variables, token)
  if (errors !== undefined || JSON.stringify(data).includes('Rejected'))
    throw new Error(`a right was not taken: ${JSON.stringify({ data, errors })}`)
}

/** Revokes the rights that mutations revoke, through `nodes`, and reports the time to the checker. */
async function takeRights(
  { bar, places, random }: Scenario,
  nodes: readonly RestartingNode[],
  group: readonly Person[],
): Promise<void> {
  const [admin, seller] = await Promise.all([
    signToken('an administrator', { claims: { roles: ['admin'] } }),
    signToken(SELLER),
  ])
  for (const { userId, end, expiresAt, watched } of group) {
    const node = nodes[random(nodes.length)]
    if (node === undefined) throw new RangeError('name a node')
    if (end === 'is revoked') await ask(node, REVOKE, { userId }, admin)
    if (end === 'is removed')
      await Promise.all(places.roomIds.map((roomId) => ask(node, REMOVE, { roomId, userId }, seller)))
    if (end === 'stays') continue
    const fromMs = end === 'expires' ? expiresAt : Date.now() + HOLDS_WITHIN_MS
    for (const { subscription } of watched) bar({ subscription, fromMs, closedMs: fromMs + ON_ITS_WAY_MS })
  }
}

const BURST = { rooms: 2, areRoomsClosed: true, watchersEach: 0, publishers: 6 } satisfies Partial<Setting>

/** Fault 14: rights end while half of the users are connected and half are away and come back. */
export const endedRights: Fault = {
  number: 14,
  name: 'token expires, user revoked, member removed: connected, and while away',
  async run(form, seed, postgres) {
    const lifetimeMs = form === 'short' ? 8_000 : 30_000
    let everybody: readonly Person[] = []
    const setting = {
      ...{ ...BURST, nodes: 3, seed, postgres },
      async more(places: Places, nodes: readonly RestartingNode[]) {
        everybody = await people(lifetimeMs, places, nodes)
        return everybody.flatMap(({ watched }) => watched)
      },
    }
    return perform(setting, async (scenario) => {
      const only = everybody
        .filter(({ userId }) => userId.startsWith('another'))
        .flatMap(({ watched }) => watched.map(({ subscription }) => subscription))
      await scenario.watchers({ kind: 'away', only })
      await takeRights(scenario, scenario.nodes, everybody)
      const expiry = Math.max(...everybody.map(({ expiresAt }) => expiresAt))
      await pause(expiry + HOLDS_WITHIN_MS - Date.now())
      await scenario.watchers({ kind: 'back', only })
      await pause(lifetimeMs / 4)
      return { people: `${everybody.length}` }
    })
  },
}

/** Fault 13: a node is frozen while rights end, and resumes with clients still connected. */
export const stoppedNode: Fault = {
  number: 13,
  name: 'SIGSTOP of a node, then SIGCONT',
  async run(form, seed, postgres) {
    const stillMs = form === 'short' ? 12_000 : 60_000
    let everybody: readonly Person[] = []
    const setting = {
      ...{ ...BURST, nodes: 3, seed, postgres },
      async more(places: Places, nodes: readonly RestartingNode[]) {
        everybody = await people(stillMs, places, nodes)
        return everybody.flatMap(({ watched }) => watched)
      },
    }
    return perform(setting, async (scenario) => {
      const [stopped, ...others] = scenario.nodes
      if (stopped === undefined) throw new RangeError('a scenario has a node')
      const { pid } = stopped.node
      process.kill(pid, 'SIGSTOP')
      try {
        await takeRights(scenario, others, everybody)
        await pause(stillMs)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      const goesOnAt = Date.now()
      await untilNoGhosts(scenario, everybody)
      return { 'stopped for': `${stillMs} ms`, 'no ghosts after': `${Date.now() - goesOnAt} ms` }
    })
  },
}

interface Shown {
  readonly room: { readonly onlineCount: number }
}

const ONLINE = 'query ($roomId: ID!) { room(id: $roomId) { onlineCount } }'
const GHOSTS_WITHIN_MS = 30_000

/** Resolves when every node shows exactly the entitled users as present in every room. */
async function untilNoGhosts({ nodes, places }: Scenario, everybody: readonly Person[]): Promise<void> {
  const token = await signToken(SELLER)
  const wanted = everybody.filter(({ end }) => end === 'stays').length
  const end = Date.now() + GHOSTS_WITHIN_MS
  for (;;) {
    const shown = await Promise.all(
      nodes.flatMap(({ node }) => places.roomIds.map((roomId) => post(node.url, ONLINE, { roomId }, token))),
    )
    const counts = shown.map(({ data }) => (data as unknown as Shown).room.onlineCount)
    if (counts.every((count) => count === wanted)) return
    if (Date.now() > end) throw new Error(`${wanted} should be present, but rooms show ${counts.join(', ')}`)
    await pause(100)
  }
}
