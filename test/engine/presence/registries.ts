import { onTestFinished } from 'vitest'
import { asUserId, type UserId } from '../../../src/engine/kernel/id.ts'
import {
  createRedisRegistry,
  type RedisRegistryOptions,
} from '../../../src/engine/presence/registry.redis.ts'
import type { Registry, Roll } from '../../../src/engine/presence/registry.ts'
import { presencePlace } from '../../../src/engine/presence/scope.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createRedisBus } from '../../../src/pubsub/bus.redis.ts'

export const ROOM = presencePlace(asRoomId('room_1'))
export const OTHER_ROOM = presencePlace(asRoomId('room_2'))
export const ANN = asUserId('ann')
export const BEN = asUserId('ben')

export const usersUpTo = (count: number): readonly UserId[] =>
  Array.from({ length: count }, (_, index) => asUserId(`user ${index}`))

/** A roll as a list that can be compared: users in order, each with their tags in order. */
export function linesOf({ count, tags }: Roll): readonly [number, ...string[]] {
  const lines = [...tags].map(([user, each]) => `${user}: ${each.toSorted().join(', ')}`)
  return [count, ...lines.toSorted()]
}

let nodes = 0

/** One node's registry in Redis, with a bus of its own. Closed when the test is over, unless it was before. */
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
