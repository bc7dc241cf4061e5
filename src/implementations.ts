import type { Logger } from 'pino'
import { createMemoryRegistry } from './engine/presence/registry.memory.ts'
import { createRedisRegistry } from './engine/presence/registry.redis.ts'
import type { Registry } from './engine/presence/registry.ts'
import { createHistoryGuard, type HistoryGuard } from './engine/storage/history-guard.ts'
import type { DatabaseContents } from './engine/storage/migrate.ts'
import { type OpenDatabase, openDatabase } from './engine/storage/open-database.ts'
import { untilAvailable } from './engine/storage/until-available.ts'
import type { PushService } from './features/notifications/feature.ts'
import type { Config, WebhookConfig } from './platform/config/config.ts'
import { createPartHealth, type PartHealth } from './platform/health/part-health.ts'
import { createMemoryRates } from './platform/limits/rates.memory.ts'
import { createRedisRates } from './platform/limits/rates.redis.ts'
import type { Rate, Rates } from './platform/limits/rates.ts'
import { NO_TRACING, type Tracing } from './platform/tracing/tracing.ts'
import { createMemoryBus } from './pubsub/bus.memory.ts'
import { createRedisBus } from './pubsub/bus.redis.ts'
import type { Bus } from './pubsub/bus.ts'
import type { Quotas } from './resolvers/services.ts'
import { VERSION } from './version.ts'

// Which implementation a node uses, by its configuration: PostgreSQL or the embedded database, Redis or this process.

export function openHistoryGuard(log: Logger): HistoryGuard {
  return createHistoryGuard({
    onRenewed: (before, after) =>
      log.warn({ before, after }, 'the database continues another history than before: renewed all epochs'),
    onUnreadable: (parts) =>
      log.warn(
        { parts },
        'the database role cannot read its identity: run `npm run renew-epochs` after each failover or restore',
      ),
  })
}

export interface DatabaseParts {
  readonly contents: DatabaseContents
  readonly history: HistoryGuard
  /** Called for each failed attempt to reach the database. */
  onWait(error: unknown): Promise<void>
}

/** Waits for PostgreSQL while it is away. The embedded database is never away: its fault ends the start. */
export async function openDatabaseOf(
  { database }: Config,
  { contents, history, onWait }: DatabaseParts,
  log: Logger,
): Promise<OpenDatabase> {
  const open = (): Promise<OpenDatabase> =>
    openDatabase({
      contents,
      url: database.kind === 'postgres' ? database.url.reveal() : null,
      directory: database.kind === 'embedded' ? database.directory : '',
      onConnectionError: (error) => log.warn({ err: error }, 'a database connection broke'),
      onDirectoryProblem: (problem) => log.warn(problem),
      history,
      onMigrationWait: () => log.info('another node migrates the database: this one waits for it'),
    })
  return database.kind === 'embedded' ? open() : untilAvailable(open, onWait)
}

export function openBus(config: Config, log: Logger): Promise<Bus> | Bus {
  const onFault = (error: unknown): void => log.error({ err: error }, 'a listener of the bus failed')
  if (config.redis === null) return createMemoryBus({ onFault })
  return createRedisBus({
    url: config.redis.url.reveal(),
    prefix: config.redis.prefix,
    onChange: (status) => {
      if (status.kind === 'up') log.info('the bus is back')
      else log.warn({ problem: status.message }, 'the bus is away: nodes poll the history until it is back')
    },
    onFault,
  })
}

/** The health of what Redis shares in addition to the bus. */
export interface SharedParts {
  readonly presence: PartHealth
  readonly limits: PartHealth
}

export function createSharedParts(log: Logger): SharedParts {
  return {
    presence: createPartHealth((problem) => {
      if (problem === null) log.info('the registry of who is present is back')
      else log.warn({ problem }, 'the registry is away: presence and typing are those of this node alone')
    }),
    limits: createPartHealth((problem) => {
      if (problem === null) log.info('the limits are those of all nodes together again')
      else log.warn({ problem }, 'limits across nodes are away: each node counts for itself')
    }),
  }
}

export interface RegistryParts {
  readonly node: string
  readonly bus: Bus
  readonly health: PartHealth
}

export function openRegistry(
  { redis }: Config,
  { node, bus, health }: RegistryParts,
  log: Logger,
): Promise<Registry> | Registry {
  if (redis === null) return createMemoryRegistry()
  return createRedisRegistry({
    url: redis.url.reveal(),
    prefix: redis.prefix,
    ...{ node, bus },
    onChange: health.report,
    onFault: (error) => log.error({ err: error }, 'the registry failed'),
  })
}

/** Limits that count over all nodes. */
export interface Limits {
  /** Of mutations. */
  readonly rates: Rates
  readonly quotas: Quotas
  close(): Promise<void>
}

export async function openLimits(config: Config, health: PartHealth): Promise<Limits> {
  const { mutationsPerSecond, contactsPerMinute, directRoomsPerHour, ...limits } = config.limits
  const rates = await openRates(
    config,
    { perSecond: mutationsPerSecond, burst: 2 * mutationsPerSecond },
    '',
    health,
  )
  const contacts = await openRates(
    config,
    { perSecond: contactsPerMinute / 60, burst: contactsPerMinute },
    'contacts:',
    health,
  )
  const directRooms = await openRates(
    config,
    { perSecond: directRoomsPerHour / 3600, burst: directRoomsPerHour },
    'direct:',
    health,
  )
  return {
    rates,
    quotas: {
      rooms: { open: limits.maxOpenRoomsPerUser, perHour: limits.roomsPerHour },
      openAuctions: limits.maxOpenAuctionsPerUser,
      ...{ contacts, directRooms },
    },
    async close() {
      await Promise.all([rates, contacts, directRooms].map((each) => each.close()))
    },
  }
}

function openRates({ redis }: Config, rate: Rate, name: string, health: PartHealth): Promise<Rates> | Rates {
  if (redis === null) return createMemoryRates(rate)
  return createRedisRates({
    ...{ ...rate, url: redis.url.reveal(), prefix: `${redis.prefix}${name}` },
    onChange: health.report,
  })
}

export function pushServiceOf(config: WebhookConfig | null, log: Logger): PushService | null {
  if (config === null) return null
  const { url, secret } = config
  return {
    url,
    secret: secret === null ? null : secret.reveal(),
    onFailure: (notification, attempt, problem, isFinal) =>
      log.warn(
        { notification, attempt, problem },
        isFinal
          ? 'the push service refused a notification for good'
          : 'the push service refused a notification',
      ),
  }
}

export async function openTracing({ tracing }: Config, node: string, log: Logger): Promise<Tracing> {
  if (tracing === null) return NO_TRACING
  // A node that traces nothing loads nothing of it.
  const { createOtlpTracing } = await import('./platform/tracing/tracing.otlp.ts')
  return createOtlpTracing({
    ...{ ...tracing, node, version: VERSION },
    onFault: (error) => log.warn({ err: error }, 'the collector refused spans; they are dropped'),
  })
}
