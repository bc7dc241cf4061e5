import type { SchemaFeature } from '../../schema/contribution.ts'
import { addRevocation } from '../../schema/revocation.ts'
import { revocationFamily } from './family.ts'
import { revocationsTopic } from './topics.ts'

export const users: SchemaFeature = {
  name: 'users',
  requires: [],
  families: [revocationFamily],
  schema: {
    parts: [addRevocation],
  },
  seed: { topics: () => [revocationsTopic] },
}
