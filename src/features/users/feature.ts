import type { Feature } from '../../engine/feature.ts'
import { revocationsTopic } from '../../engine/kernel/topic.ts'
import { revocationFamily } from './family.ts'

export const users: Feature = {
  name: 'users',
  requires: [],
  families: [revocationFamily],
  seed: { topics: () => [revocationsTopic] },
}
