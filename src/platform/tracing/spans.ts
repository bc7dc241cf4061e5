import { familyOf, type Topic } from '../../engine/kernel/topic.ts'
import { isRecorded, type SpanStart, type TraceParent } from './tracing.ts'

/** The steps from a request to its deliveries, in the words of OpenTelemetry's semantic conventions. */

/** A name is a client's own text: no longer than this. */
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

/** `parent`: what came with the message of a WebSocket, which has no request of its own. */
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

/** A command that waits for its batch. */
export function waitingSpan(topic: Topic): SpanStart {
  const family = familyOf(topic)
  return { name: `wait ${family}`, kind: 'internal', attributes: { 'rostrum.topic.family': family } }
}

/** One transaction for the commands of many: a child of the first that is recorded, linked to all. */
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

/** The notice of a batch, on its way to the bus. */
export function publishSpan(system: string, range: RangeOfEntries): SpanStart {
  return messagingSpan('publish', 'send', 'producer', range, { 'messaging.system': system })
}

/** The notice of a batch, as a node takes it from the bus. */
export function receiveSpan(range: RangeOfEntries, parent: TraceParent): SpanStart {
  return { ...messagingSpan('receive', 'receive', 'consumer', range), parent }
}

/** Executing, serialising and handing to connections: one span a node, batch and topic, however many read it. */
export function deliverySpan(range: RangeOfEntries, parent: TraceParent): SpanStart {
  return { ...messagingSpan('deliver', 'process', 'internal', range), parent }
}

/** Topics of users hold their ids: the family is told, and which entries, but not whose. */
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
