// Over 300 lines: the parts of a node and their order are read together, and passing them between files would hide the order.

import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import type { Logger } from 'pino'
import { createDispatch, type RunningDispatch } from './engine/commands/create-dispatch.ts'
import type { Dispatch } from './engine/commands/dispatch.ts'
import { createSemaphore } from './engine/commands/semaphore.ts'
import type { FeatureSet } from './engine/feature.ts'
import { createHistory, type History } from './engine/history/history.ts'
import { createRetention } from './engine/history/retention.ts'
import { createAnnouncer } from './engine/hub/announcer.ts'
import { createHub, type Hub } from './engine/hub/hub.ts'
import { createDeadlines, type Deadlines } from './engine/kernel/deadlines.ts'
import { every } from './engine/kernel/every.ts'
import { newNodeId } from './engine/kernel/id.ts'
import { type Instant, instant } from './engine/kernel/instant.ts'
import type { Person } from './engine/kernel/person.ts'
import { createPresence, type Presence } from './engine/presence/presence.ts'
import { createScheduler } from './engine/processes/scheduler.ts'
import { type ClientKey, clientKeyOf } from './engine/session/client-key.ts'
import { createSessions } from './engine/session/sessions.ts'
import { type SignIn, signIn } from './engine/session/sign-in.ts'
import { isDatabaseUnavailable } from './engine/storage/faults.ts'
import type { HistoryGuard } from './engine/storage/history-guard.ts'
import type { OpenDatabase } from './engine/storage/open-database.ts'
import { shownRoomId } from './features/rooms/ids.ts'
import { type FollowedRevocations, followRevocations } from './features/users/follow-revocations.ts'
import { createSeenUsers } from './features/users/seen-users.ts'
import { bundledFeatures, featureSet } from './features.ts'
import {
  createSharedParts,
  openBus,
  openDatabaseOf,
  openHistoryGuard,
  openLimits,
  openRegistry,
  openTracing,
  pushServiceOf,
  type SharedParts,
} from './implementations.ts'
import type { Credential } from './platform/auth/credentials.ts'
import { issueDevToken } from './platform/auth/dev-token.ts'
import { refusingRevoked } from './platform/auth/revocations.ts'
import { createTokenVerifier } from './platform/auth/verifier.ts'
import type { Config } from './platform/config/config.ts'
import { createDatabaseProbe } from './platform/health/database-probe.ts'
import { createStallDetector } from './platform/health/event-loop-stall.ts'
import { createReadiness } from './platform/health/readiness.ts'
import { createClientAddress } from './platform/limits/client-address.ts'
import { createConnections } from './platform/limits/connections.ts'
import { createFairShare } from './platform/limits/fair-share.ts'
import { createOperationQueues } from './platform/limits/operation-queue.ts'
import { createSelectionBudget } from './platform/limits/selection-budget.ts'
import { createUserConnections } from './platform/limits/user-connections.ts'
import { createMetrics } from './platform/metrics/metrics.ts'
import { statsOf } from './platform/metrics/stats.ts'
import { createTimeline } from './platform/metrics/timeline.ts'
import type { Tracing } from './platform/tracing/tracing.ts'
import type { Bus } from './pubsub/bus.ts'
import { broadcast } from './resolvers/broadcast.ts'
import { createServices, type Services } from './resolvers/services.ts'
import { userStats } from './resolvers/user-stats.ts'
import type { SchemaContribution, SchemaFeature } from './schema/contribution.ts'
import { createSchema } from './schema/schema.ts'
import type { OperationLimits } from './transport/document.ts'
import { createOperations } from './transport/graphql-operation.ts'
import { createGraphiqlPage } from './transport/http/graphiql.ts'
import { createGraphqlHandler } from './transport/http/graphql.ts'
import { createLocalOriginPolicy, createOriginPolicy, type OriginPolicy } from './transport/http/origin.ts'
import { documentsOfPages } from './transport/http/pages.ts'
import { createRouter } from './transport/http/router.ts'
import { createHttpServer } from './transport/http/server.ts'
import { createStreams } from './transport/http/streams.ts'
import { createYogaServer } from './transport/http/yoga.ts'
import { createMask } from './transport/masking.ts'
import { ANY_DOCUMENT, createTrustedDocuments, type Documents } from './transport/trusted-documents.ts'
import { createWsServer } from './transport/ws/server.ts'
import { VERSION } from './version.ts'

/** The other commands connection of a node's six is for what follows from commands. The embedded database has one in all. */
const CONCURRENT_BATCHES = { postgres: 5, embedded: 1 } as const

/** After this long without any answer, it is the database that holds up commands, not their number. */
const STUCK_MS = 5_000
/** Queries and mutations of one client that wait for another of its operations to end. */
const MAX_WAITING_OPERATIONS = 100
/** The cost that one client may have running on all topics, in operations of MAX_QUERY_COMPLEXITY. On one topic: one. */
const MAX_RUNNING_OPERATIONS = 50

/** How long a replaced history may go unnoticed while nothing is written and no connection breaks. */
const HISTORY_CHECK_MS = 1_000
/** While stopping: from the commit of the last command until its answer is sent. */
const LAST_ANSWERS_MS = 2_000

/** A running node. */
export interface RunningNode {
  /** The address for clients on this machine. */
  readonly url: string
  readonly services: Services
  readonly hub: Hub
  /** Takes no more work, finishes the work under way, and sends clients to other nodes. */
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

export interface NodeOptions {
  /** Default: all bundled features. Each must come after those that it builds on. */
  readonly features?: readonly SchemaFeature[]
  /** Runs before the node serves: what it creates exists for the first client. */
  readonly prepare?: (services: Services) => Promise<void>
  readonly collaborators?: Collaborators
}

/** What every part of a node works with. */
interface Context {
  readonly config: Config
  readonly log: Logger
  readonly node: string
  readonly features: FeatureSet<SchemaContribution>
  readonly collaborators: Collaborators
  readonly mask: ReturnType<typeof createMask>
  readonly deadlines: Deadlines
  readonly tracing: Tracing
  /** Whatever is due takes effect before anything else does. */
  readonly keepTime: () => void
  /** What the node closes when it stops, in reverse order. */
  readonly stack: AsyncDisposableStack
}

const unwrapped = <Part>(part: Part): Part => part

const now = (): Instant => instant(Date.now())

/**
 * Starts a node. Everything it opens goes onto one stack, which is closed in reverse order when the node stops, or when
 * its start fails.
 */
export async function startNode(
  config: Config,
  log: Logger,
  options: NodeOptions = {},
): Promise<RunningNode> {
  await using stack = new AsyncDisposableStack()
  const node = newNodeId()
  const features = featureSet(options.features ?? bundledFeatures(pushServiceOf(config.webhook, log)))
  const deadlines = createDeadlines(now)
  const stall = createStallDetector(now, (error) => log.error({ err: error }, 'a listener of stalls failed'))
  const tracing = await openTracing(config, node, log)
  stack.defer(() => tracing.close())
  const keepTime = (): void => {
    deadlines.fireDue()
    stall.look()
  }
  const { collaborators = {}, prepare } = options
  const context: Context = {
    ...{ config, log, node, features, collaborators, deadlines, tracing, keepTime, stack },
    mask: createMask(log),
  }
  const origins = createOriginPolicy(config.http.allowedOrigins)
  const server = createHttpServer({ ...config.http, origins, log })
  const engine = await startEngine(context, async (error) => {
    log.warn({ err: error }, 'the database is away: the node waits for it, and is not ready until then')
    await server.open()
  })
  stack.defer(() => {
    stall.close()
    deadlines.clear()
  })
  const edge = createEdge(context, engine, origins)
  stall.onStall((ms) => {
    log.warn({ ms }, 'the node stood still: its clients are asked to come again')
    engine.revocations.doubt()
    edge.sessions.restart('The node stood still')
  })
  await prepare?.(engine.services)
  server.serve({
    ...edge,
    ...{ tracing, beforeRequest: keepTime },
    isGraphiqlServed: config.http.isGraphiqlServed,
  })
  await server.open()
  // Closed first to last from here upwards: no new work, then the work under way, then its answers.
  stack.defer(() => server.close(LAST_ANSWERS_MS))
  stack.defer(() => engine.running.idle())
  stack.defer(() => drain(edge, config.http.drainTimeoutMs))
  stack.defer(() => {
    edge.readiness.startDraining()
    server.drain()
    edge.streams.close()
  })
  const running = stack.move()
  return {
    url: server.url,
    services: engine.services,
    hub: engine.hub,
    close: () => running.disposeAsync(),
  }
}

interface Engine {
  readonly database: OpenDatabase
  readonly historyGuard: HistoryGuard
  readonly bus: Bus
  readonly hub: Hub
  readonly revocations: FollowedRevocations
  readonly running: RunningDispatch
  readonly presence: Presence
  readonly services: Services
  readonly shared: SharedParts
  readonly seeUser: (user: Person) => void
}

/** Opens the database and the bus, and starts everything that works without clients. */
async function startEngine(
  { config, log, node, features, collaborators, mask, deadlines, tracing, keepTime, stack }: Context,
  onWait: (error: unknown) => Promise<void>,
): Promise<Engine> {
  const { wrapBus = unwrapped, wrapHistory = unwrapped } = collaborators
  const { wrapHub = unwrapped, wrapDispatch = unwrapped } = collaborators
  const historyGuard = openHistoryGuard(log)
  const opened = await openDatabaseOf(
    config,
    { contents: features.contents, history: historyGuard, onWait },
    log,
  )
  stack.defer(() => opened.close())
  const { database, commands, control } = opened
  const bus = wrapBus(await openBus(config, log))
  stack.defer(() => bus.close())
  const shared = createSharedParts(log)
  const hub = wrapHub(
    createHub({
      ...{ bus, tracing },
      history: wrapHistory(createHistory(database)),
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
  stack.defer(() => hub.close())
  const system = config.redis === null ? 'memory' : 'redis'
  const announce = createAnnouncer({ bus, hub, tracing, system })
  const revocations = await followRevocations({
    ...{ database: control, hub, onWait },
    onFault: (error) => log.warn({ err: error }, 'revocations could not be read'),
  })
  const limits = await openLimits(config, shared.limits)
  stack.defer(() => limits.close())
  const registry = await openRegistry(config, { node, bus, health: shared.presence }, log)
  const presence = createPresence({ registry, bus, node, deadlines, now })
  stack.defer(() => presence.close())
  const users = createSeenUsers(commands, (error) =>
    log.error({ err: error }, 'a user who was seen could not be written'),
  )
  stack.defer(async () => {
    await users.settled()
    users.close()
  })
  const processes = features.start({
    ...{ database, commands, presence, announce },
    onFault: (message, topic, error) => log.warn({ topic, err: error }, message),
  })
  const running = createDispatch({
    ...{ database: commands, tracing },
    ...{ families: features.families, hooks: features.hooks },
    permits: createSemaphore(CONCURRENT_BATCHES[config.database.kind]),
    isAnswering: () => opened.activity.commandsAnsweredWithin(STUCK_MS),
    announce: (entries) => {
      revocations.learn(entries)
      announce(entries)
      processes.onCommit(entries)
    },
  })
  historyGuard.onReplaced(() => {
    log.warn('this node left a replaced history: its readers start over')
    running.forget()
    users.writeAgain()
    hub.onHistoryReplaced()
  })
  const historyCheck = every(opened.checkHistory, {
    everyMs: HISTORY_CHECK_MS,
    onFault(error) {
      if (!isDatabaseUnavailable(error)) log.error({ err: error }, 'the history could not be checked')
    },
  })
  stack.defer(() => historyCheck.close())
  stack.defer(() => processes.close())
  const services = createServices({
    ...{ dispatch: wrapDispatch(running.dispatch), database, presence, node, version: VERSION, now },
    ...{ rates: limits.rates, quotas: limits.quotas },
    seeUser: users.see,
    settleUsers: users.settled,
  })
  const seeUser = users.see
  return {
    database: opened,
    historyGuard,
    bus,
    hub,
    revocations,
    running,
    presence,
    services,
    shared,
    seeUser,
  }
}

type Edge = ReturnType<typeof createEdge>

/** Everything that clients and operators talk to. */
function createEdge(context: Context, engine: Engine, origins: OriginPolicy) {
  const { config, log, features, mask, deadlines, tracing, keepTime, stack } = context
  const { database: opened, bus, hub, presence, revocations, running, services } = engine
  const { activity, control, database } = opened
  const { limits, auth, http } = config
  const schema = createSchema(features.schema)
  const operationLimits = { ...limits, isIntrospectionAllowed: config.isIntrospectionAllowed }
  const documents = documentsFor(config, schema, operationLimits)
  const scheduler = createScheduler({
    database: control,
    passDeadline: running.passDeadline,
    onFault: (topic, error) =>
      log.warn({ topic, err: error }, 'the scheduler could not work; it tries again'),
  })
  const retention = createRetention({
    ...{ database, trims: features.trims, retained: features.retained },
    ...config.retention,
    onFault: (error) => log.warn({ err: error }, 'nothing could be forgotten; it is tried again'),
  })
  const readiness = createReadiness({
    ...{ activity, bus, ...engine.shared },
    database: createDatabaseProbe({ database: control, activity }),
  })
  stack.defer(() => readiness.close())
  const verifier = refusingRevoked(createTokenVerifier(auth, now), revocations)
  const authenticate = (credential: Credential): Promise<SignIn> =>
    signIn(credential, verifier, ({ user }) => engine.seeUser(user))
  const operations = createOperations(schema, { services }, mask, operationLimits, documents, tracing)
  const inFlight = { maxRunning: limits.maxOperationsInFlight, maxWaiting: MAX_WAITING_OPERATIONS }
  const sessions = createSessions({
    ...{ hub, deadlines, revocations, mask },
    userConnections: createUserConnections({
      max: limits.maxConnectionsPerUser,
      count: (users) => presence.connections(users),
    }),
    signIn: authenticate,
    openPresence: presence.openSession,
    connections: createConnections(limits),
    selections: createSelectionBudget({
      maxTopicCost: limits.maxQueryComplexity,
      maxTotalCost: MAX_RUNNING_OPERATIONS * limits.maxQueryComplexity,
    }),
    maxSubscriptions: limits.maxSubscriptionsPerConnection,
    operations: inFlight,
  })
  const clientAddress = createClientAddress(http.trustedProxies)
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
  const transports = [ws, streams]
  const timeline = createTimeline({
    ...{ transports, hub, bus, readiness, now },
    commands: running.metrics,
  })
  stack.defer(() => timeline.stop())
  const router = createRouter({
    ...{ readiness, origins, isDemoOn: config.isDemoOn },
    schema: http.isSchemaServed ? printSchema(lexicographicSortSchema(schema)) : null,
    graphiql: http.isGraphiqlServed ? createGraphiqlPage() : null,
    admin: {
      ...{ signIn: authenticate, mask },
      metrics: createMetrics({
        ...{ ws, hub, bus, readiness },
        ...{ sse: streams, commands: running, database: activity, history: engine.historyGuard },
      }),
      stats: () => statsOf({ transports, hub, presence, shownId: shownRoomId }),
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
            origins: createLocalOriginPolicy(http.allowedOrigins),
          }
        : null,
    onFault: (error) => log.error({ err: error }, 'an endpoint failed'),
  })
  return { graphql, ws, router, sessions, streams, readiness, scheduler, retention }
}

async function drain({ scheduler, retention, sessions, ws }: Edge, timeoutMs: number): Promise<void> {
  await Promise.all([scheduler.close(), retention.close(), sessions.drain(timeoutMs), ws.close(timeoutMs)])
}

function documentsFor(config: Config, schema: GraphQLSchema, limits: OperationLimits): Documents {
  if (config.trustedDocuments === null) return ANY_DOCUMENT
  const own = documentsOfPages(config.isDemoOn)
  return createTrustedDocuments({ schema, limits, manifest: config.trustedDocuments, own })
}
