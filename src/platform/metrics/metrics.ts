import { collectDefaultMetrics, Registry } from 'prom-client'
import type { CommandMetrics } from '../../engine/commands/metrics.ts'
import type { Hub, HubStats } from '../../engine/hub/hub.ts'
import type { DatabaseActivity } from '../../engine/storage/activity.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { Readiness } from '../health/readiness.ts'
import { createExposition, type Exposition } from './exposition.ts'

/** The components that are measured. */
export interface Counted {
  readonly ws: Transport & { readonly closeCodes: ReadonlyMap<string, number> }
  readonly sse: Transport
  readonly hub: Pick<Hub, 'stats'>
  readonly commands: { readonly metrics: CommandMetrics; waiting(): number }
  readonly bus: Pick<Bus, 'status'>
  readonly readiness: Pick<Readiness, 'problems' | 'warnings'>
  readonly database: Pick<DatabaseActivity, 'connections' | 'waiting' | 'destroyed'>
  readonly history: { readonly replacements: number }
}

/** A transport that clients connect by. */
interface Transport {
  readonly connectionCount: number
  queuedBytes(): number
}

/** A node's metrics for Prometheus. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

/**
 * Default metrics that walk all open sockets and files on the main thread at each scrape; `rostrum_connections` covers
 * them.
 */
const TOO_DEAR = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
]

export function createMetrics(counted: Counted): Metrics {
  const { ws, sse, hub, commands, bus, readiness, database, history } = counted
  // A registry per node: several nodes may run in one process.
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of TOO_DEAR) registry.removeSingleMetric(name)
  const exposition = createExposition(registry)
  showConnections(exposition, ws, sse)
  // Read once per scrape.
  let stats = hub.stats()
  showHub(exposition, () => stats)
  showCommands(exposition, commands)
  showParts(exposition, bus, readiness, database)
  exposition.counter(
    {
      name: 'rostrum_histories_replaced_total',
      help: 'Times this node found that the database continues another history, after a failover or a restore.',
    },
    () => history.replacements,
  )
  return {
    contentType: registry.contentType,
    text() {
      stats = hub.stats()
      return exposition.text()
    },
  }
}

function showConnections(exposition: Exposition, ws: Counted['ws'], sse: Transport): void {
  const transports = [
    ['websocket', ws],
    ['sse', sse],
  ] as const
  const perTransport = (read: (transport: Transport) => number) => ({
    label: 'transport',
    read: () => transports.map(([name, transport]) => [name, read(transport)] as const),
  })
  exposition.gauge(
    { name: 'rostrum_connections', help: 'Open WebSockets and open streams of server-sent events.' },
    perTransport((transport) => transport.connectionCount),
  )
  exposition.gauge(
    { name: 'rostrum_send_buffer_bytes', help: 'Bytes queued in this process for all connections.' },
    perTransport((transport) => transport.queuedBytes()),
  )
  exposition.counter(
    { name: 'rostrum_closes_total', help: 'Closed WebSockets, by close code.' },
    { label: 'code', read: () => ws.closeCodes },
  )
}

function showHub(exposition: Exposition, stats: () => HubStats): void {
  const { latency } = stats()
  exposition.gauge({ name: 'rostrum_topics', help: 'Histories followed on this node.' }, () => stats().topics)
  exposition.gauge(
    { name: 'rostrum_subscriptions', help: 'Running subscriptions.' },
    () => stats().subscribers,
  )
  exposition.gauge(
    { name: 'rostrum_groups', help: 'Groups of subscriptions that are executed together.' },
    () => stats().groups,
  )
  exposition.gauge(
    { name: 'rostrum_group_subscribers', help: 'Subscriptions per group: on average, and in the largest.' },
    {
      label: 'of',
      read() {
        const { groups, subscribers, largestGroup } = stats()
        return [
          ['mean', groups === 0 ? 0 : subscribers / groups],
          ['largest', largestGroup],
        ]
      },
    },
  )
  exposition.counter(
    { name: 'rostrum_executions_total', help: 'Selections executed for subscriptions.' },
    () => stats().executions,
  )
  exposition.counter(
    { name: 'rostrum_deliveries_total', help: 'Payloads handed to connections.' },
    () => stats().deliveries,
  )
  exposition.histogram(
    {
      name: 'rostrum_delivery_latency_seconds',
      help: 'Time from the commit of an entry until it is written to sockets, once per entry and live group.',
    },
    latency,
  )
  exposition.counter(
    { name: 'rostrum_gaps_repaired_total', help: 'Gaps in the bus that were filled from the history.' },
    () => stats().gapsRepaired,
  )
  exposition.counter(
    { name: 'rostrum_replays_total', help: 'Subscriptions that started with a replay from their cursor.' },
    () => stats().replays,
  )
  exposition.counter(
    { name: 'rostrum_resets_total', help: 'Subscriptions that were reset, by reason.' },
    { label: 'reason', read: () => Object.entries(stats().resets) },
  )
  exposition.counter(
    {
      name: 'rostrum_unreadable_entries_total',
      help: 'Entries that this node could not present, which ended their subscriptions; once per attempt.',
    },
    () => stats().unreadableEntries,
  )
  exposition.counter(
    {
      name: 'rostrum_listener_faults_total',
      help: 'Entries or resets of a topic for which a listener threw.',
    },
    () => stats().listenerFaults,
  )
}

function showCommands(exposition: Exposition, { metrics: commands, waiting }: Counted['commands']): void {
  exposition.counter(
    { name: 'rostrum_commands_total', help: 'Commands, by outcome.' },
    { label: 'outcome', read: () => Object.entries(commands.ends) },
  )
  exposition.gauge(
    { name: 'rostrum_commands_waiting', help: 'Commands waiting for their transaction.' },
    waiting,
  )
  exposition.histogram(
    { name: 'rostrum_command_batch_size', help: 'Commands per transaction.' },
    commands.batchSizes,
  )
  exposition.histogram(
    {
      name: 'rostrum_command_latency_seconds',
      help: 'Time from submission to the answer, including waiting.',
    },
    commands.latency,
  )
}

function showParts(
  exposition: Exposition,
  bus: Counted['bus'],
  readiness: Counted['readiness'],
  database: Counted['database'],
): void {
  exposition.gauge({ name: 'rostrum_ready', help: '1 while /ready answers 200.' }, () =>
    readiness.problems().length === 0 ? 1 : 0,
  )
  exposition.gauge(
    { name: 'rostrum_problem', help: '1 while this component keeps the node from being ready.' },
    {
      label: 'part',
      read() {
        const parts = new Set(readiness.problems().map(({ part }) => part))
        return (['database', 'draining'] as const).map((part) => [part, parts.has(part) ? 1 : 0])
      },
    },
  )
  exposition.gauge(
    { name: 'rostrum_bus_up', help: '1 while the bus works, 0 while it is unavailable.' },
    () => (bus.status().kind === 'up' ? 1 : 0),
  )
  const isWorking = (part: 'presence' | 'limits') => () =>
    readiness.warnings().some((warning) => warning.part === part) ? 0 : 1
  exposition.gauge(
    {
      name: 'rostrum_presence_up',
      help: '1 while presence covers all nodes, 0 while it covers this node only.',
    },
    isWorking('presence'),
  )
  exposition.gauge(
    {
      name: 'rostrum_limits_up',
      help: '1 while limits are shared by all nodes, 0 while each node counts alone.',
    },
    isWorking('limits'),
  )
  exposition.gauge(
    {
      name: 'rostrum_bus_probe_age_seconds',
      help: 'Time since the last probe returned, or since the bus became unavailable.',
    },
    () => {
      const status = bus.status()
      return Math.max(0, Date.now() - (status.kind === 'up' ? status.lastProbeAt : status.since)) / 1000
    },
  )
  showDatabase(exposition, database)
}

function showDatabase(exposition: Exposition, database: Counted['database']): void {
  exposition.gauge(
    {
      name: 'rostrum_database_connections',
      help: 'Database connections, idle connections, and statements waiting for a connection.',
    },
    {
      label: 'state',
      read() {
        const { total, idle } = database.connections()
        const waiting = Object.values(database.waiting()).reduce((sum, count) => sum + count, 0)
        return Object.entries({ total, idle, waiting })
      },
    },
  )
  exposition.gauge(
    {
      name: 'rostrum_database_waiting',
      help: 'Statements and transactions waiting for a connection, by purpose.',
    },
    { label: 'purpose', read: () => Object.entries(database.waiting()) },
  )
  exposition.counter(
    {
      name: 'rostrum_database_stuck_connections_total',
      help: 'Connections destroyed because the database did not answer on them.',
    },
    () => database.destroyed(),
  )
}
