import { describe, expect, test } from 'vitest'
import { representationOf } from '../../../src/transport/http/negotiation.ts'

const URQL =
  'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed'
const APOLLO = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'

function shown(accept: string | undefined, operation: 'query' | 'mutation' | 'subscription'): string {
  const representation = representationOf(accept, operation)
  return representation.kind === 'json' ? representation.type : representation.kind
}

describe('A query is represented', () => {
  test.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json', 'application/json'],
    ['APPLICATION/JSON', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0.1, application/json', 'application/json'],
    ['application/json, text/event-stream;q=0', 'application/json'],
    ['text/event-stream, application/json;q=0.1', 'application/json'],
    ['text/event-stream, */*;q=0.1', 'application/json'],
    [URQL, 'application/graphql-response+json'],
    [APOLLO, 'application/json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
    // Clients of the GraphQL over SSE protocol accept nothing else.
    ['text/event-stream', 'events'],
    ['text/event-stream, application/json;q=0', 'events'],
    ['text/event-stream;q=0', 'none'],
    ['text/html', 'none'],
    ['*/*;q=0', 'none'],
    ['multipart/mixed;subscriptionSpec=1.0', 'none'],
  ])('for %j as %s', (accept, expected) => {
    expect(shown(accept, 'query')).toBe(expected)
    expect(shown(accept, 'mutation')).toBe(expected)
  })
})

describe('A subscription is represented', () => {
  test.each([
    ['text/event-stream', 'events'],
    ['text/event-stream, application/json', 'events'],
    ['text/event-stream;q=0.9, application/json;q=0.8', 'events'],
    // urql sends one list for all operations.
    [URQL, 'events'],
    ['application/json, text/event-stream', 'events'],
    [APOLLO, 'multipart'],
    ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json', 'multipart'],
    ['multipart/mixed;subscriptionSpec="1.0"', 'multipart'],
    ['multipart/mixed;subscriptionSpec=1.0, text/event-stream;q=0.5', 'multipart'],
    ['multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream', 'events'],
    // JSON is preferred, but cannot carry a subscription.
    ['application/json, text/event-stream;q=0.5', 'none'],
    ['text/event-stream;q=0', 'none'],
    ['text/event-stream;q=0, multipart/mixed;subscriptionSpec=1.0;q=0', 'none'],
    // No stream is named.
    [undefined, 'none'],
    ['*/*', 'none'],
    ['application/json', 'none'],
    ['multipart/mixed', 'none'],
    ['multipart/mixed;deferSpec=20220824', 'none'],
  ])('for %j as %s', (accept, expected) => {
    expect(shown(accept, 'subscription')).toBe(expected)
  })
})
