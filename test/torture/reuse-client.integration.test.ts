import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { portOf } from '../support/free-port.ts'
import { faultsOfFrames } from './reuse.ts'
import { playScript, type Step } from './reuse-client.ts'

const TEXT = { type: new GraphQLNonNull(GraphQLString) }
const LATE_MS = 40

async function* ticks() {
  for (;;) {
    await pause(LATE_MS)
    yield { ticks: 'tick' }
  }
}

const SCHEMA = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { late: { ...TEXT, resolve: () => pause(LATE_MS, 'late') } },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { ticks: { ...TEXT, subscribe: ticks } },
  }),
})

/** graphql-ws keeps operations by their id alone: https://github.com/enisdenjo/graphql-ws/issues/532. */
async function startPlainServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  useServer({ schema: SCHEMA }, sockets)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

const WAITING = { before: 5, after: undefined } as const
const abandonedQuery = (number: number): Step => ({
  ...{ kind: 'query', isAbandoned: true, ...WAITING },
  query: `{ u${number}: late }`,
})
const awaitedQuery = (number: number): Step => ({ ...abandonedQuery(number), isAbandoned: false })
const abandonedTicks = (number: number): Step => ({
  ...{ kind: 'subscription', isAbandoned: true, before: 100, after: undefined },
  query: `subscription { u${number}: ticks }`,
})

describe('A server that knows operations by their id alone', () => {
  test('answers an abandoned query under a later use of its id', async () => {
    await using server = await startPlainServer()
    const steps = [abandonedQuery(0), awaitedQuery(1)]

    const frames = await playScript(server.url, '', { steps, ending: 'close' })
    expect(faultsOfFrames(steps, frames)).toContain('query 0 was answered under a later use of its id.')
  })

  test('completes a subscription with the end of the one before it', async () => {
    await using server = await startPlainServer()
    const steps = [abandonedTicks(0), abandonedTicks(1)]

    const frames = await playScript(server.url, '', { steps, ending: 'close' })
    expect(faultsOfFrames(steps, frames)).not.toEqual([])
  })

  test('is right where each use waits for the one before it', async () => {
    await using server = await startPlainServer()
    const steps = [awaitedQuery(0), awaitedQuery(1), awaitedQuery(2)]

    const frames = await playScript(server.url, '', { steps, ending: 'terminate' })
    expect(faultsOfFrames(steps, frames)).toEqual([])
  })
})
