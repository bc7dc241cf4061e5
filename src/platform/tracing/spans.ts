import { familyOf, type Topic } from '../../engine/kernel/topic.ts'
import { isRecorded, type SpanStart, type TraceParent } from './tracing.ts'

/** Spans from a request to its deliveries, named by OpenTelemetry's semantic conventions. */

/** Operation names come from clients: at most this long. */
const MAX_NAME = 100

interface RangeOfEntries {
  readonly topic: Topic
  readonly first: number
  readonly last: number
}

export function requestSpan(method: string, path: string, parent: TraceParent | undefined): SpanStart {
  return {
    name: `${method} ${path}`,
    kind: 'server',
    parent,
    attributes: { 'http.request.method': method, 'http.route': path, 'url.path': path },
  }
}

/** `parent`: the context sent in a WebSocket message, which has no HTTP request of its own. */
export function operationSpan(
  { operation, name }: { readonly operation: string; readonly name?: { readonly value: string } | undefined },
  message?: { readonly parent: TraceParent | undefined },
): SpanStart {
  return {
    name: operation,
    ...(message === undefined ? { kind: 'internal' } : { kind: 'server', parent: message.parent ?? '' }),
    attributes: {
      'graphql.operation.type': operation,
      ...(name === undefined ? {} : { 'graphql.operation.name': name.value.slice(0, MAX_NAME) }),
      ...(message === undefined ? {} : { 'network.protocol.name': 'websocket' }),
    },
  }
}

/** A command waiting for its batch. */
export function waitingSpan(topic: Topic): SpanStart {
  const family = familyOf(topic)
  return { name: `wait ${family}`, kind: 'internal', attributes: { 'rostrum.topic.family': family } }
}

/** One transaction for the commands of several requests: a child of the first recorded one, linked to all. */
export function transactionSpan(topic: Topic, commands: readonly (TraceParent | undefined)[]): SpanStart {
  const family = familyOf(topic)
  const traces = commands.filter((trace) => trace !== undefined)
  const links = traces.filter(isRecorded)
  return {
    name: `transaction ${family}`,
    kind: 'client',
    parent: links[0] ?? traces[0] ?? '',
    links,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': 'transaction',
      'db.operation.batch.size': commands.length,
      'rostrum.topic.family': family,
    },
  }
}

/** Publishing the notice of a batch on the bus. */
export function publishSpan(system: string, range: RangeOfEntries): SpanStart {
  return messagingSpan('publish', 'send', 'producer', range, { 'messaging.system': system })
}

/** Receiving the notice of a batch from the bus. */
export function receiveSpan(range: RangeOfEntries, parent: TraceParent): SpanStart {
  return { ...messagingSpan('receive', 'receive', 'consumer', range), parent }
}

/** Executing, serialising and delivering: one span per node, batch and topic, regardless of the number of readers. */
export function deliverySpan(range: RangeOfEntries, parent: TraceParent): SpanStart {
  return { ...messagingSpan('deliver', 'process', 'internal', range), parent }
}

/** Topics of users contain their ids, so the span names only the family and the entries. */
function messagingSpan(
  name: string,
  type: string,
  kind: SpanStart['kind'],
  { topic, first, last }: RangeOfEntries,
  more: SpanStart['attributes'] = {},
): SpanStart {
  const family = familyOf(topic)
  return {
    name: `${name} ${family}`,
    kind,
    attributes: {
      ...more,
      'messaging.operation.name': name,
      'messaging.operation.type': type,
      'messaging.destination.template': family,
      'messaging.batch.message_count': last - first + 1,
      'rostrum.offset.first': first,
      'rostrum.offset.last': last,
    },
  }
}
