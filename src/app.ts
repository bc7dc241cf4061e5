import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { lexicographicSortSchema, NoSchemaIntrospectionCustomRule, printSchema } from 'graphql'
import type { Logger } from 'pino'
import { issueDevToken } from './auth/dev-token.ts'
import { createTokenVerifier } from './auth/verifier.ts'
import type { Viewer } from './auth/viewer.ts'
import { createDispatch, type RunningDispatch } from './command/create-dispatch.ts'
import { createTurns } from './command/turns.ts'
import type { Config } from './config/config.ts'
import { createFollower } from './follower/follower.ts'
import { createReadiness } from './health/readiness.ts'
import { createHub, type Hub } from './hub/hub.ts'
import { createDeadlines } from './kernel/deadlines.ts'
import { newNodeId, newRequestId } from './kernel/id.ts'
import { type Instant, instant } from './kernel/instant.ts'
import type { Entry } from './log/entry.ts'
import { createHistory } from './log/history.ts'
import { encodeNotice } from './log/notice.ts'
import { openRecord } from './log/record.ts'
import { createRetention } from './log/retention.ts'
import { createSeenUsers } from './log/seen-users.ts'
import { withLogScope } from './logging/scope.ts'
import { createMemoryBus } from './pubsub/bus.memory.ts'
import { createRedisBus } from './pubsub/bus.redis.ts'
import type { Bus } from './pubsub/bus.ts'
import { createServices, type Services } from './resolvers/services.ts'
import { createScheduler } from './scheduler/scheduler.ts'
import { createSchema } from './schema/schema.ts'
import { createGraphiqlPage } from './transport/http/graphiql.ts'
import { createGraphqlHandler } from './transport/http/graphql.ts'
import { answerJson } from './transport/http/json.ts'
import { createOperationsHandler } from './transport/http/operations.ts'
import { createOriginPolicy } from './transport/http/origin.ts'
import { createPages } from './transport/http/pages.ts'
import { createSseServer } from './transport/http/sse.ts'
import { createYogaServer } from './transport/http/yoga.ts'
import { createMask } from './transport/masking.ts'
import { createOperations } from './transport/operation.ts'
import { createWsServer } from './transport/ws/server.ts'
import { VERSION } from './version.ts'

/** Of the pool's ten connections, those that write; the embedded database has one in all. */
const CONCURRENT_BATCHES = { postgres: 7, embedded: 1 } as const

/** A running node. */
export interface App {
  /** Where it listens, for clients on this machine. */
  readonly url: string
  readonly services: Services
  readonly hub: Hub
  /** Takes no more work, finishes what it has, tells its clients to go elsewhere. */
  close(): Promise<void>
}

const now = (): Instant => instant(Date.now())

/**
 * Starts a node: the one place that knows which implementations are used. `prepare` runs before the port opens: what
 * it makes is there for the first client.
 */
export async function startApp(
  config: Config,
  log: Logger,
  prepare: (services: Services) => Promise<void> = async () => {},
): Promise<App> {
  const node = newNodeId()
  const mask = createMask(log)
  const record = await openRecord({
    url: config.database.kind === 'postgres' ? config.database.url.reveal() : null,
    directory: config.database.kind === 'embedded' ? config.database.directory : '',
    onConnectionError: (error) => log.warn({ err: error }, 'a database connection broke'),
  })
  const { database } = record
  const bus = await openBus(config, log)
  const history = createHistory(database)
  const hub = createHub({
    history,
    bus,
    events: {
      onGapRepaired: (topic, count) => log.info({ topic, count }, 'read what the bus had skipped'),
      onFault: (topic, error) => log.warn({ topic, err: error }, 'a topic could not be read'),
      onListFault: (error) => log.warn({ err: error }, 'a list could not be read; it is tried again'),
      onReplay: () => {},
      onReset: (reason) => log.debug({ reason }, 'a reader was told to start over'),
      mask,
    },
  })
  const follower = createFollower({
    database,
    announce: (entries) => announce(bus, hub, entries),
    onFault: (error) => log.warn({ err: error }, 'consequences could not be drawn; it is tried again'),
  })
  const dispatch: RunningDispatch = createDispatch({
    database,
    turns: createTurns(CONCURRENT_BATCHES[config.database.kind]),
    announce: (entries) => {
      announce(bus, hub, entries)
      follower.nudge(entries)
    },
  })
  const users = createSeenUsers(database)
  const onSeen = ({ user }: Viewer): void => users.see(user)
  const services = createServices({ dispatch, database, node, version: VERSION, now })
  const scheduler = createScheduler({
    database,
    dispatch,
    onFault: (error) => log.warn({ err: error }, 'the scheduler could not work; it tries again'),
  })
  const retention = createRetention({
    database,
    ...config.retention,
    onFault: (error) => log.warn({ err: error }, 'nothing could be forgotten; it is tried again'),
  })
  const readiness = createReadiness(database, bus)
  const schema = createSchema()
  const rules = config.isIntrospectionAllowed ? [] : [NoSchemaIntrospectionCustomRule]
  const operations = createOperations(schema, { services }, mask, rules)
  const deadlines = createDeadlines(now)
  const verifier = createTokenVerifier(config.auth, now)
  const origins = createOriginPolicy(config.http.allowedOrigins)
  const { limits, auth } = config
  const sse = createSseServer({
    operations,
    hub,
    deadlines,
    mask,
    maxSendBufferBytes: limits.maxSendBufferBytes,
  })
  const ws = createWsServer({
    ...{ schema, operations, services, hub, verifier, onSeen, deadlines, origins, mask, log },
    ...limits,
  })
  const graphql = createGraphqlHandler({
    ...{ services, sse, verifier, onSeen, origins, mask },
    yoga: createYogaServer(schema, mask, rules),
    maxBodyBytes: limits.maxMessageBytes,
    graphiql: config.http.isGraphiqlServed ? createGraphiqlPage() : null,
  })
  const answerOperations = createOperationsHandler({
    readiness: async () => readiness.problems(),
    schema: config.http.isSchemaServed ? printSchema(lexicographicSortSchema(schema)) : null,
    issueToken:
      config.issuesDevTokens && auth.kind === 'secret'
        ? (claims) => issueDevToken(auth, claims, now())
        : null,
    origins,
    onFault: (error) => log.error({ err: error }, 'an endpoint failed'),
  })
  const answerPage = createPages(config.isDemoOn)

  const server = createServer((request, response) => {
    if (answerOperations(request, response) || answerPage(request, response)) return
    if (pathOf(request.url) !== '/graphql') {
      answerJson(response, 404, { error: 'There is nothing here.' })
      return
    }
    const requestId = newRequestId()
    response.setHeader('x-request-id', requestId)
    withLogScope({ requestId }, () => {
      response.once('finish', () => log.debug({ status: response.statusCode }, 'request answered'))
      graphql(request, response).catch((error: unknown) => {
        log.error({ err: error }, 'a request failed')
        response.destroy()
      })
    })
  })
  server.on('upgrade', (request, stream, head) => {
    stream.on('error', (error) => log.debug({ err: error }, 'a connection broke'))
    if (pathOf(request.url) === '/graphql') ws.upgrade(request, stream, head)
    else stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await prepare(services)
  await listen(server, config.http.port, config.http.host)

  return {
    url: urlOf(server, config.http.host),
    services,
    hub,
    async close() {
      readiness.startDraining()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      scheduler.close()
      retention.close()
      await dispatch.idle()
      await follower.close()
      sse.close()
      await ws.drain(config.http.drainTimeoutMs)
      hub.close()
      server.closeAllConnections()
      await closed
      readiness.close()
      deadlines.clear()
      await users.settled()
      users.close()
      await bus.close()
      await record.close()
    },
  }
}

function openBus(config: Config, log: Logger): Promise<Bus> | Bus {
  if (config.redis === null) return createMemoryBus()
  return createRedisBus({
    url: config.redis.url.reveal(),
    prefix: config.redis.prefix,
    onChange: (status) => {
      if (status.kind === 'up') log.info('the bus is back')
      else log.warn({ problem: status.message }, 'the bus is away: nodes poll the history until it is back')
    },
    onFault: (error) => log.error({ err: error }, 'a listener of the bus failed'),
  })
}

/**
 * One notice a batch and topic. Where the bus does not take it, this node's subscribers hear of it all the same, others
 * by polling.
 */
function announce(bus: Bus, hub: Hub, entries: readonly Entry[]): void {
  for (const [topic, batch] of Map.groupBy(entries, (entry) => entry.topic)) {
    bus.publish(topic, encodeNotice(batch)).catch(() => hub.announceLocally(topic))
  }
}

function pathOf(url = '/'): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: 4096 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  const isAny = host === '0.0.0.0' || host === '::'
  return `http://${isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`
}
