import type { SchemaFeature } from '../../schema/contribution.ts'
import { addStatuses } from '../../schema/status.ts'
import { statusFamily } from './family.ts'
import { STATUS_KINDS } from './rules/status.ts'
import { statusesTopic } from './topics.ts'

export const statuses: SchemaFeature = {
  name: 'statuses',
  requires: [],
  families: [statusFamily],
  schema: {
    parts: [addStatuses],
  },
  seed: { topics: () => STATUS_KINDS.map(statusesTopic) },
}
