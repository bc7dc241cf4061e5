import { onTestFinished } from 'vitest'
import { asUserId, type UserId } from '../../../src/engine/kernel/id.ts'
import { presenceChannel } from '../../../src/engine/presence/channels.ts'
import {
  createRedisRegistry,
  type RedisRegistryOptions,
} from '../../../src/engine/presence/registry.redis.ts'
import type { MemberList, Registry } from '../../../src/engine/presence/registry.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createRedisBus } from '../../../src/pubsub/bus.redis.ts'

export const ROOM = presenceChannel(asRoomId('room_1'))
export const OTHER_ROOM = presenceChannel(asRoomId('room_2'))
export const ANN = asUserId('ann')
export const BEN = asUserId('ben')

export const usersUpTo = (count: number): readonly UserId[] =>
  Array.from({ length: count }, (_, index) => asUserId(`user ${index}`))

/** A member list in comparable form: users in order, each with sorted metadata. */
export function linesOf({ count, metadata }: MemberList): readonly [number, ...string[]] {
  const lines = [...metadata].map(([user, each]) => `${user}: ${each.toSorted().join(', ')}`)
  return [count, ...lines.toSorted()]
}

let nodes = 0

/** One node's registry in Redis with its own bus. Closed at the end of the test, if not before. */
export async function startRedisRegistry(
  options: Pick<RedisRegistryOptions, 'url' | 'prefix'> & Partial<RedisRegistryOptions>,
): Promise<Registry> {
  const { url, prefix } = options
  const bus = await createRedisBus({ url, prefix, probeEveryMs: 200 })
  nodes += 1
  const registry = await createRedisRegistry({ node: `node_${nodes}`, bus, ...options })
  onTestFinished(async () => {
    await registry.close()
    await bus.close()
  })
  return registry
}
