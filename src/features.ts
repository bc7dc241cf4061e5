import { fileURLToPath } from 'node:url'
import { assembleFeatures, type FeatureSet } from './engine/feature.ts'
import { announcements } from './features/announcements/feature.ts'
import { auctions } from './features/auctions/feature.ts'
import { leaderboards } from './features/leaderboards/feature.ts'
import { messages } from './features/messages/feature.ts'
import { notifications, type PushService } from './features/notifications/feature.ts'
import { rooms } from './features/rooms/feature.ts'
import { statuses } from './features/statuses/feature.ts'
import { trading } from './features/trading/feature.ts'
import { users } from './features/users/feature.ts'
import { wallets } from './features/wallets/feature.ts'
import type { SchemaContribution, SchemaFeature } from './schema/contribution.ts'

const MIGRATIONS = fileURLToPath(new URL('./features/migrations', import.meta.url))

/** Every bundled feature, each after those that it builds on. */
export function bundledFeatures(pushService: PushService | null): readonly SchemaFeature[] {
  return [
    users,
    rooms,
    messages,
    wallets,
    auctions,
    trading,
    leaderboards,
    announcements,
    notifications(pushService),
    statuses,
  ]
}

/** The features of a server, put together: all bundled ones unless others are given. */
export function featureSet(
  features: readonly SchemaFeature[] = bundledFeatures(null),
): FeatureSet<SchemaContribution> {
  return assembleFeatures(features, MIGRATIONS)
}
