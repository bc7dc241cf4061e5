import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import type { Logger } from 'pino'
import { createDispatch, type RunningDispatch } from './engine/commands/create-dispatch.ts'
import type { Dispatch } from './engine/commands/dispatch.ts'
import { createSemaphore } from './engine/commands/semaphore.ts'
import type { Entry } from './engine/history/entry.ts'
import { createHistory, type History } from './engine/history/history.ts'
import { encodeNotice } from './engine/history/notice.ts'
import { createRetention } from './engine/history/retention.ts'
import { createHub, type Hub } from './engine/hub/hub.ts'
import { createDeadlines } from './engine/kernel/deadlines.ts'
import { every } from './engine/kernel/every.ts'
import { newNodeId } from './engine/kernel/id.ts'
import { type Instant, instant } from './engine/kernel/instant.ts'
import { createPresence } from './engine/presence/presence.ts'
import { createMemoryRegistry } from './engine/presence/registry.memory.ts'
import { createRedisRegistry } from './engine/presence/registry.redis.ts'
import type { Registry } from './engine/presence/registry.ts'
import { createScheduler } from './engine/processes/scheduler.ts'
import { type ClientKey, clientKeyOf } from './engine/session/client-key.ts'
import { createSessions } from './engine/session/sessions.ts'
import { type SignIn, signIn } from './engine/session/sign-in.ts'
import { isRecordUnavailable } from './engine/storage/faults.ts'
import { createHistoryGuard, type HistoryGuard } from './engine/storage/history-guard.ts'
import type { DatabaseContents } from './engine/storage/migrate.ts'
import { type OpenRecord, openRecord } from './engine/storage/open-database.ts'
import { untilAvailable } from './engine/storage/until-available.ts'
import type { PushService } from './features/notifications/feature.ts'
import { shownRoomId } from './features/rooms/ids.ts'
import { followRevocations } from './features/users/follow-revocations.ts'
import { createSeenUsers } from './features/users/seen-users.ts'
import { bundledFeatures, featureSet } from './features.ts'
import type { Credential } from './platform/auth/credentials.ts'
import { issueDevToken } from './platform/auth/dev-token.ts'
import { refusingRevoked } from './platform/auth/revocations.ts'
import { createTokenVerifier } from './platform/auth/verifier.ts'
import type { Viewer } from './platform/auth/viewer.ts'
import type { Config, WebhookConfig } from './platform/config/config.ts'
import type { TracingConfig } from './platform/config/tracing.ts'
import { createDatabaseProbe } from './platform/health/database-probe.ts'
import { createStandstill } from './platform/health/event-loop-stall.ts'
import { createPartHealth, type PartHealth } from './platform/health/part-health.ts'
import { createReadiness } from './platform/health/readiness.ts'
import { createClientAddress } from './platform/limits/client-address.ts'
import { createConnections } from './platform/limits/connections.ts'
import { createFairShare } from './platform/limits/fair-share.ts'
import { createOperationQueues } from './platform/limits/operation-queue.ts'
import { createMemoryRates } from './platform/limits/rates.memory.ts'
import { createRedisRates } from './platform/limits/rates.redis.ts'
import type { Rate, Rates } from './platform/limits/rates.ts'
import { createSelectionBudget } from './platform/limits/selection-budget.ts'
import { createUserConnections } from './platform/limits/user-connections.ts'
import { createMetrics } from './platform/metrics/metrics.ts'
import { statsOf } from './platform/metrics/stats.ts'
import { createTimeline } from './platform/metrics/timeline.ts'
import { publishSpan } from './platform/tracing/spans.ts'
import { NO_TRACING, type Tracing, typeOf } from './platform/tracing/tracing.ts'
import { createMemoryBus } from './pubsub/bus.memory.ts'
import { createRedisBus } from './pubsub/bus.redis.ts'
import type { Bus } from './pubsub/bus.ts'
import { broadcast } from './resolvers/broadcast.ts'
import { createServices, type Quotas, type Services } from './resolvers/services.ts'
import { userStats } from './resolvers/user-stats.ts'
import { createSchema } from './schema/schema.ts'
import type { OperationLimits } from './transport/document.ts'
import { createOperations } from './transport/graphql-operation.ts'
import { createGraphiqlPage } from './transport/http/graphiql.ts'
import { createGraphqlHandler } from './transport/http/graphql.ts'
import { createLocalOriginPolicy, createOriginPolicy } from './transport/http/origin.ts'
import { documentsOfPages } from './transport/http/pages.ts'
import { createRouter } from './transport/http/router.ts'
import { createHttpServer } from './transport/http/server.ts'
import { createStreams } from './transport/http/streams.ts'
import { createYogaServer } from './transport/http/yoga.ts'
import { createMask } from './transport/masking.ts'
import { ANY_DOCUMENT, createTrustedDocuments, type Documents } from './transport/trusted-documents.ts'
import { createWsServer } from './transport/ws/server.ts'
import { VERSION } from './version.ts'

/** Of the six connections for commands; the rest is for what follows from them. The embedded database has one in all. */
const CONCURRENT_BATCHES = { postgres: 5, embedded: 1 } as const

/** Without any answer for so long, commands are held up by the database and not by their number. */
const STUCK_MS = 5_000
/** Queries and mutations that wait for one of a client's to end. */
const MAX_WAITING_OPERATIONS = 100
/** The cost of what one client may have running on all topics, in operations of MAX_QUERY_COMPLEXITY. On one topic: one. */
const MAX_RUNNING_OPERATIONS = 50

/** How long another history of the database may go unnoticed while nothing is written and no connection breaks. */
const HISTORY_CHECK_MS = 1_000
/** At the end: from the last command's commit until its answer is on its way. */
const LAST_ANSWERS_MS = 2_000

/** A running node. */
export interface App {
  /** Where it listens, for clients on this machine. */
  readonly url: string
  readonly services: Services
  readonly hub: Hub
  /** Takes no more work, finishes what it has, tells its clients to go elsewhere. */
  close(): Promise<void>
}

/**
 * Wraps collaborators of the node as it is put together: to measure a bus, or to inject faults into a history. Each
 * function gets what the configuration chose and returns what the node uses.
 */
export interface Collaborators {
  readonly wrapBus?: (bus: Bus) => Bus
  readonly wrapHistory?: (history: History) => History
  readonly wrapHub?: (hub: Hub) => Hub
  readonly wrapDispatch?: (dispatch: Dispatch) => Dispatch
}

const unwrapped = <Part>(part: Part): Part => part

const now = (): Instant => instant(Date.now())

/**
 * Starts a node: the one place that knows which implementations are used. `prepare` runs before the port opens: what
 * it makes is there for the first client.
 */
export async function startApp(
  config: Config,
  log: Logger,
  prepare: (services: Services) => Promise<void> = async () => {},
  collaborators: Collaborators = {},
): Promise<App> {
  const { wrapBus = unwrapped, wrapHistory = unwrapped } = collaborators
  const { wrapHub = unwrapped, wrapDispatch = unwrapped } = collaborators
  const node = newNodeId()
  const mask = createMask(log)
  const features = featureSet(bundledFeatures(pushServiceOf(config.webhook, log)))
  const schema = createSchema(features.schema)
  const { limits, auth, isIntrospectionAllowed } = config
  const operationLimits = { ...limits, isIntrospectionAllowed }
  const documents = documentsFor(config, schema, operationLimits)
  const tracing = config.tracing === null ? NO_TRACING : await openTracing(config.tracing, node, log)
  const origins = createOriginPolicy(config.http.allowedOrigins)
  const server = createHttpServer({ ...config.http, origins, log })
  const historyGuard = openHistoryGuard(log)
  const onDatabaseAway = async (error: unknown): Promise<void> => {
    log.warn({ err: error }, 'the database is away: the node waits for it, and is not ready until then')
    await server.open()
  }
  const record = await openRecordPatiently(config, features.contents, historyGuard, log, onDatabaseAway)
  const { database, commands, control } = record
  const bus = wrapBus(await openBus(config, log))
  const parts = openParts(log)
  const deadlines = createDeadlines(now)
  const standstill = createStandstill(now, (error) =>
    log.error({ err: error }, 'a listener of stalls failed'),
  )
  /** What has come due takes effect before anything else does. */
  const keepTime = (): void => {
    deadlines.fireDue()
    standstill.look()
  }
  const history = wrapHistory(createHistory(database))
  const hub = wrapHub(
    createHub({
      history,
      bus,
      tracing,
      events: {
        onGapRepaired: (topic, count) => log.info({ topic, count }, 'read what the bus had skipped'),
        onFault: (topic, error) => log.warn({ topic, err: error }, 'a topic could not be read'),
        onListenerFault: (topic, error) => log.error({ topic, err: error }, 'a listener of a topic failed'),
        onListFault: (error) => log.warn({ err: error }, 'a list could not be read; it is tried again'),
        onCheckFault: (error) => log.error({ err: error }, 'the heads of topics could not be compared'),
        beforeDelivery: keepTime,
        onReset: (reason) => log.debug({ reason }, 'a reader was told to start over'),
        mask,
      },
    }),
  )
  const announce = createAnnounce(bus, config.redis === null ? 'memory' : 'redis', hub, tracing)
  const revocations = await followRevocations({
    database: control,
    hub,
    onWait: onDatabaseAway,
    onFault: (error) => log.warn({ err: error }, 'revocations could not be read'),
  })
  const running: RunningDispatch = createDispatch({
    database: commands,
    families: features.families,
    hooks: features.hooks,
    permits: createSemaphore(CONCURRENT_BATCHES[config.database.kind]),
    isAnswering: () => record.activity.commandsAnsweredWithin(STUCK_MS),
    tracing,
    announce: (entries) => {
      revocations.learn(entries)
      announce(entries)
      processes.onCommit(entries)
    },
  })
  const users = createSeenUsers(commands, (error) =>
    log.error({ err: error }, 'a user who was seen could not be written'),
  )
  historyGuard.onReplaced(() => {
    log.warn('this node left a replaced history: its readers start over')
    running.forget()
    users.writeAgain()
    hub.onHistoryReplaced()
  })
  const historyCheck = every(record.checkHistory, {
    everyMs: HISTORY_CHECK_MS,
    onFault(error) {
      if (!isRecordUnavailable(error)) log.error({ err: error }, 'the history could not be checked')
    },
  })
  const onSeen = ({ user }: Viewer): void => users.see(user)
  const registry = await openRegistry(config, node, bus, parts.presence, log)
  const { rates, quotas } = await openLimits(config, parts.limits)
  const presence = createPresence({ registry, bus, node, deadlines, now })
  const processes = features.start({
    ...{ database, commands, presence, announce },
    onFault: (message, topic, error) => log.warn({ topic, err: error }, message),
  })
  const services = createServices({
    ...{
      dispatch: wrapDispatch(running.dispatch),
      database,
      presence,
      rates,
      quotas,
      node,
      version: VERSION,
      now,
    },
    seeUser: users.see,
    settleUsers: users.settled,
  })
  const scheduler = createScheduler({
    database: control,
    passDeadline: running.passDeadline,
    onFault: (topic, error) =>
      log.warn({ topic, err: error }, 'the scheduler could not work; it tries again'),
  })
  const retention = createRetention({
    database,
    trims: features.trims,
    retained: features.retained,
    ...config.retention,
    onFault: (error) => log.warn({ err: error }, 'nothing could be forgotten; it is tried again'),
  })
  const { activity } = record
  const readiness = createReadiness({
    ...{ activity, bus, ...parts },
    database: createDatabaseProbe({ database: control, activity }),
  })
  const operations = createOperations(schema, { services }, mask, operationLimits, documents, tracing)
  const verifier = refusingRevoked(createTokenVerifier(config.auth, now), revocations)
  const userConnections = createUserConnections({
    max: limits.maxConnectionsPerUser,
    count: (users) => presence.connections(users),
  })
  const authenticate = (credential: Credential): Promise<SignIn> => signIn(credential, verifier, onSeen)
  const clientAddress = createClientAddress(config.http.trustedProxies)
  const inFlight = { maxRunning: limits.maxOperationsInFlight, maxWaiting: MAX_WAITING_OPERATIONS }
  const sessions = createSessions({
    ...{ hub, deadlines, revocations, userConnections, mask },
    signIn: authenticate,
    attend: presence.attend,
    connections: createConnections(limits),
    selections: createSelectionBudget({
      maxTopicCost: limits.maxQueryComplexity,
      maxTotalCost: MAX_RUNNING_OPERATIONS * limits.maxQueryComplexity,
    }),
    maxSubscriptions: limits.maxSubscriptionsPerConnection,
    operations: inFlight,
  })
  const share = createFairShare<ClientKey>()
  const { maxSendBufferBytes } = limits
  const streams = createStreams({ operations, services, sessions, mask, maxSendBufferBytes })
  const ws = createWsServer({
    ...{ operations, services, sessions, clientAddress, share, origins, mask, log },
    ...{ signIn: authenticate, beforeMessage: keepTime },
    ...limits,
  })
  const graphql = createGraphqlHandler({
    ...{ services, operations, streams, clientAddress, share, origins, mask },
    signIn: authenticate,
    queues: createOperationQueues(inFlight),
    yoga: createYogaServer(mask),
    maxBodyBytes: limits.maxMessageBytes,
  })
  standstill.onStandstill((ms) => {
    log.warn({ ms }, 'the node stood still: its clients are asked to come again')
    revocations.doubt()
    sessions.restart('The node stood still')
  })
  const metrics = createMetrics({
    ...{ ws, hub, bus, readiness },
    sse: streams,
    commands: running,
    database: record.activity,
    history: historyGuard,
  })
  const timeline = createTimeline({
    ...{ doors: [ws, streams], hub, bus, readiness, now },
    commands: running.figures,
  })
  const { isGraphiqlServed, isSchemaServed, allowedOrigins } = config.http
  const router = createRouter({
    ...{ readiness, origins, isDemoOn: config.isDemoOn },
    schema: isSchemaServed ? printSchema(lexicographicSortSchema(schema)) : null,
    graphiql: isGraphiqlServed ? createGraphiqlPage() : null,
    admin: {
      ...{ signIn: authenticate, mask, metrics },
      stats: () => statsOf({ doors: [ws, streams], hub, presence, shownId: shownRoomId }),
      user: (id) => userStats(id, services),
      history: () => ({ node: services.node, everyMs: timeline.everyMs, samples: timeline.samples() }),
      broadcast: (body, viewer, signal) =>
        broadcast(
          body,
          { services, viewer, connection: null, client: clientKeyOf(viewer, ''), signal },
          hub.connectionsOn,
        ),
    },
    devTokens:
      config.issuesDevTokens && auth.kind === 'secret'
        ? {
            issueToken: (claims) => issueDevToken(auth, claims, now()),
            origins: createLocalOriginPolicy(allowedOrigins),
          }
        : null,
    onFault: (error) => log.error({ err: error }, 'an endpoint failed'),
  })
  await prepare(services)
  server.serve({ graphql, ws, router, isGraphiqlServed, tracing, beforeRequest: keepTime })
  await server.open()

  return {
    url: server.url,
    services,
    hub,
    async close() {
      readiness.startDraining()
      server.drain()
      streams.close()
      const { drainTimeoutMs } = config.http
      await Promise.all([
        scheduler.close(),
        retention.close(),
        sessions.drain(drainTimeoutMs),
        ws.close(drainTimeoutMs),
      ])
      await running.idle()
      await server.close(LAST_ANSWERS_MS)
      await processes.close()
      await historyCheck.close()
      hub.close()
      readiness.close()
      timeline.stop()
      standstill.close()
      deadlines.clear()
      await users.settled()
      users.close()
      await presence.close()
      await Promise.all([rates, quotas.contacts, quotas.directRooms].map((each) => each.close()))
      await bus.close()
      await record.close()
      await tracing.close()
    },
  }
}

function openHistoryGuard(log: Logger): HistoryGuard {
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

/**
 * A node whose PostgreSQL is away waits for it with its port open. The embedded database is never away: a fault of it ends
 * the start.
 */
async function openRecordPatiently(
  { database }: Config,
  contents: DatabaseContents,
  history: HistoryGuard,
  log: Logger,
  onWait: (error: unknown) => Promise<void>,
): Promise<OpenRecord> {
  const open = (): Promise<OpenRecord> =>
    openRecord({
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

function documentsFor(config: Config, schema: GraphQLSchema, limits: OperationLimits): Documents {
  if (config.trustedDocuments === null) return ANY_DOCUMENT
  const own = documentsOfPages(config.isDemoOn)
  return createTrustedDocuments({ schema, limits, manifest: config.trustedDocuments, own })
}

function openBus(config: Config, log: Logger): Promise<Bus> | Bus {
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

interface Parts {
  readonly presence: PartHealth
  readonly limits: PartHealth
}

function openParts(log: Logger): Parts {
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

function openRegistry(
  config: Config,
  node: string,
  bus: Bus,
  health: PartHealth,
  log: Logger,
): Promise<Registry> | Registry {
  if (config.redis === null) return createMemoryRegistry()
  return createRedisRegistry({
    url: config.redis.url.reveal(),
    prefix: config.redis.prefix,
    ...{ node, bus },
    onChange: health.report,
    onFault: (error) => log.error({ err: error }, 'the registry failed'),
  })
}

async function openLimits(config: Config, health: PartHealth): Promise<{ rates: Rates; quotas: Quotas }> {
  const { mutationsPerSecond, contactsPerMinute, directRoomsPerHour, ...limits } = config.limits
  const mutations = { perSecond: mutationsPerSecond, burst: 2 * mutationsPerSecond }
  const contacts = { perSecond: contactsPerMinute / 60, burst: contactsPerMinute }
  const directRooms = { perSecond: directRoomsPerHour / 3600, burst: directRoomsPerHour }
  return {
    rates: await openRates(config, mutations, '', health),
    quotas: {
      rooms: { open: limits.maxOpenRoomsPerUser, perHour: limits.roomsPerHour },
      openAuctions: limits.maxOpenAuctionsPerUser,
      contacts: await openRates(config, contacts, 'contacts:', health),
      directRooms: await openRates(config, directRooms, 'direct:', health),
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

function pushServiceOf(config: WebhookConfig | null, log: Logger): PushService | null {
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

async function openTracing(config: TracingConfig, node: string, log: Logger): Promise<Tracing> {
  // A node that traces nothing loads nothing of it.
  const { createOtlpTracing } = await import('./platform/tracing/tracing.otlp.ts')
  return createOtlpTracing({
    ...{ ...config, node, version: VERSION },
    onFault: (error) => log.warn({ err: error }, 'spans were not taken; what is not taken is dropped'),
  })
}

/**
 * One notice a batch and topic. Where the bus does not take it, this node's subscribers hear of it all the same, others
 * by polling.
 */
function createAnnounce(
  bus: Bus,
  system: string,
  hub: Hub,
  tracing: Tracing,
): (entries: readonly Entry[]) => void {
  return (entries) => {
    for (const [topic, batch] of Map.groupBy(entries, (entry) => entry.topic)) {
      const range = { topic, first: batch[0]?.offset ?? 0, last: batch.at(-1)?.offset ?? 0 }
      const span = tracing.start(publishSpan(system, range))
      bus
        .publish(topic, encodeNotice(batch, span.isRecorded ? span.context : undefined))
        .catch((error: unknown) => {
          span.fail(typeOf(error))
          hub.announceLocally(topic)
        })
        .finally(() => span.end())
    }
  }
}
