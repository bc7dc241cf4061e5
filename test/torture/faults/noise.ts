import { freePort } from '../../support/free-port.ts'
import { operationsOn } from '../../support/malformed.ts'
import type { RestartingNode } from '../../support/restarting-node.ts'
import { makeAuction, makeRoom } from '../../support/rooms.ts'
import type { Fault } from '../fault.ts'
import { inspectable, type KeptMemory, keptMemoryOf } from '../heap.ts'
import { type Echo, sendNoise } from '../noise.ts'
import { megabytes, memoryOf } from '../processes.ts'
import type { CommandKind } from '../publishers.ts'
import { perform } from '../scenario.ts'

/** Without bids: each has a new bidder, and remembered users would count as growth. */
const MIXTURE: readonly CommandKind[] = ['message', 'message', 'message', 'announcement']
const BURST = { nodes: 2, rooms: 2, watchersEach: 3, publishers: 4, pauseMs: 100, mixture: MIXTURE }
const LANES = 4
const COUNTS = { short: 4_000, long: 100_000 } as const
/** After garbage collection: each retained message would cost hundreds of bytes. */
const MAX_GROWTH_BYTES = 10 * 2 ** 20
/** Tolerance for memory that the allocator retains. */
const MAX_RESIDENT_GROWTH_BYTES = 80 * 2 ** 20

/** Fault 16: noise to one node, over several connections at a time, during the burst. */
export const noise: Fault = {
  number: 16,
  name: 'malformed, outsized, deep, aliased, random and mutated protocol messages',
  async run(form, seed, postgres) {
    const port = await freePort()
    return perform({ ...BURST, seed, postgres, env: inspectable(port) }, async ({ nodes }) => {
      const [first] = nodes
      if (first === undefined) throw new RangeError('a scenario has a node')
      const { node } = first
      const owner = await node.token('owner')
      const roomId = await makeRoom(node, owner)
      const operations = operationsOn(roomId, await makeAuction(node, owner, roomId))
      const send = async (count: number, from: number): Promise<readonly Echo[]> => {
        const lanes = Array.from({ length: LANES }, (_, lane) => from + lane)
        return Promise.all(lanes.map((own) => sendNoise(node, operations, count / LANES, own)))
      }

      const start = await keptBy(nodes, port)
      const early = await send(COUNTS[form] / 4, seed)
      const before = await keptBy(nodes, port)
      const late = await send((COUNTS[form] * 3) / 4, seed + LANES)
      const after = await keptBy(nodes, port)
      expectNoGrowth('used', before.used, after.used, MAX_GROWTH_BYTES)
      expectNoGrowth('resident', before.resident, after.resident, MAX_RESIDENT_GROWTH_BYTES)
      return {
        ...{ messages: `${COUNTS[form]}`, crashes: '0' },
        'in use without garbage before, after a quarter of them, after all': [
          ...[start.used, before.used, after.used].map(megabytes),
        ].join(', '),
        'RSS without garbage before, after a quarter of them, after all; at most': [
          ...[start.resident, before.resident, after.resident, after.peak].map(megabytes),
        ].join(', '),
        answers: shownSum([...early, ...late].map(({ answers }) => answers)),
        closes: shownSum([...early, ...late].map(({ closings }) => closings)),
      }
    })
  },
}

function expectNoGrowth(what: string, before: number, after: number, most: number): void {
  if (after - before <= most) return
  throw new Error(`The ${what} memory of a node grew from ${megabytes(before)} to ${megabytes(after)}.`)
}

/** The live memory of the first node. Throws if any node has exited. */
async function keptBy([first, ...others]: readonly RestartingNode[], port: number): Promise<KeptMemory> {
  if (first === undefined) throw new RangeError('a scenario has a node')
  try {
    await Promise.all(others.map(({ node: { pid } }) => memoryOf(pid)))
    return await keptMemoryOf(first.node.pid, port)
  } catch (cause) {
    throw new Error('A node crashed.', { cause })
  }
}

function shownSum(counts: readonly ReadonlyMap<string | number, number>[]): string {
  const sums = Map.groupBy(
    counts.flatMap((each) => [...each]),
    ([name]) => name,
  )
  const shown = [...sums].map(([name, all]) => ({
    name,
    sum: all.reduce((sum, [, count]) => sum + count, 0),
  }))
  return shown
    .sort((one, other) => other.sum - one.sum)
    .map(({ name, sum }) => `${name} ${sum}`)
    .join(', ')
}
