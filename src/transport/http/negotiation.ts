import Negotiator from 'negotiator'

/** The representation of a response. */
export type Representation =
  | { readonly kind: 'json'; readonly type: string }
  /** Server-sent events. */
  | { readonly kind: 'events' }
  /** Apollo's multipart protocol for subscriptions. */
  | { readonly kind: 'multipart' }
  /** None that the client accepts. */
  | { readonly kind: 'none' }

/** In the server's order of preference. */
const JSON_TYPES = ['application/json', 'application/graphql-response+json']
const EVENTS = 'text/event-stream'
const MULTIPART = 'multipart/mixed;subscriptionSpec=1.0'
const NONE: Representation = { kind: 'none' }

/** The server chooses the boundary: a client that proposes one accepts any. */
const BOUNDARY = /;\s*boundary\s*=\s*("[^"]*"|[^;,\s]*)/giu
const NAMES_EVENTS = /(^|,)\s*text\/event-stream\s*(;|,|$)/iu
const NAMES_MULTIPART = /(^|,)\s*multipart\/mixed\s*;[^,]*subscriptionSpec\s*=\s*"?1\.0/iu

/** RFC 9110 §12.5.1, by quality values. A client without `Accept` accepts anything. */
export function representationOf(
  accept: string | undefined,
  operation: 'query' | 'mutation' | 'subscription',
): Representation {
  const header = (accept ?? '').trim() === '' ? '*/*' : String(accept).replace(BOUNDARY, '')
  return operation === 'subscription' ? forSubscription(header) : forResult(header)
}

/**
 * Queries and mutations are answered with JSON if it is accepted. Clients of the GraphQL over SSE protocol accept only
 * events, even for these.
 */
function forResult(header: string): Representation {
  const type = preferred(header, JSON_TYPES)
  if (type !== undefined) return { kind: 'json', type }
  return NAMES_EVENTS.test(header) && preferred(header, [EVENTS]) !== undefined ? { kind: 'events' } : NONE
}

/**
 * A stream must be named explicitly: a wildcard comes from clients that do not know streams. JSON cannot carry a
 * subscription, so it wins only with a higher quality value; at equal quality the order does not matter, since clients
 * such as urql send one list for all operations.
 */
function forSubscription(header: string): Representation {
  const streams = [
    ...(NAMES_EVENTS.test(header) ? [EVENTS] : []),
    ...(NAMES_MULTIPART.test(header) ? [MULTIPART] : []),
  ]
  switch (preferred(streamsFirst(header), [...streams, ...JSON_TYPES])) {
    case EVENTS:
      return { kind: 'events' }
    case MULTIPART:
      return { kind: 'multipart' }
    default:
      return NONE
  }
}

/** Negotiator breaks ties between equal qualities by the order of the header. */
function streamsFirst(header: string): string {
  const entries = header.split(',')
  const isStream = (entry: string): boolean => NAMES_EVENTS.test(entry) || NAMES_MULTIPART.test(entry)
  return [...entries.filter(isStream), ...entries.filter((entry) => !isStream(entry))].join(',')
}

/** Whether the client is a browser that prefers HTML. */
export function prefersPage(accept: string | undefined): boolean {
  return preferred(accept ?? '*/*', [...JSON_TYPES, EVENTS, 'text/html']) === 'text/html'
}

function preferred(header: string, available: readonly string[]): string | undefined {
  return new Negotiator({ headers: { accept: header } }).mediaTypes([...available])[0]
}
