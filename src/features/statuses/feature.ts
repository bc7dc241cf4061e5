import type { Feature } from '../../engine/feature.ts'
import { statusesTopic } from '../../engine/kernel/topic.ts'
import { statusFamily } from './family.ts'
import { STATUS_KINDS } from './rules/status.ts'

export const statuses: Feature = {
  name: 'statuses',
  requires: [],
  families: [statusFamily],
  seed: { topics: () => STATUS_KINDS.map(statusesTopic) },
}
