import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { createArrivals, entryOf, type OpenReader, RETRY_MS } from './reader.ts'

/** A graphql-ws client that never gives up. */
export function createPatientClient(url: string): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: Number.POSITIVE_INFINITY,
    // Of itself it takes an attempt that finds no server for fatal.
    shouldRetry: () => true,
    retryWait: () => pause(RETRY_MS),
  })
}

/** The client sends the payload's variables as they are at the time of the retry. */
export const openGraphqlWsReader: OpenReader = (url, { query, variables: given }) => {
  const client = createPatientClient(url)
  const arrivals = createArrivals()
  const variables: Record<string, unknown> = { ...given }
  client.subscribe(
    { query, variables },
    {
      next({ data }) {
        const entry = entryOf(data)
        if (entry === undefined) return
        variables['after'] = entry.cursor
        arrivals.add(entry)
      },
      error: () => {},
      complete: () => {},
    },
  )
  return { ...arrivals, [Symbol.asyncDispose]: async () => client.dispose() }
}

/** Does nothing about cuts: after each, the client sends its first variables again. */
export const openUnaidedReader: OpenReader = (url, { query, variables }) => {
  const client = createPatientClient(url)
  const arrivals = createArrivals()
  client.subscribe(
    { query, variables: { ...variables } },
    {
      next({ data }) {
        const entry = entryOf(data)
        if (entry !== undefined) arrivals.add(entry)
      },
      error: () => {},
      complete: () => {},
    },
  )
  return { ...arrivals, [Symbol.asyncDispose]: async () => client.dispose() }
}
