import type { Feature } from '../../engine/feature.ts'
import { ordersTopic, positionsTopic } from '../../engine/kernel/topic.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { orderFamily, positionFamily } from './families.ts'

export const trading: Feature = {
  name: 'trading',
  requires: ['users', 'rooms'],
  families: [orderFamily, positionFamily],
  hooks: () => [
    roomHooks.implement({
      topicsOf: ({ id, kind }) => (kind === 'TRADE' ? [ordersTopic(id), positionsTopic(id)] : []),
    }),
  ],
}
