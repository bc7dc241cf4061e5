import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import {
  type Address,
  createArrivals,
  entryOf,
  type OpenCuttableReader,
  type OpenReader,
  RETRY_MS,
  type ReaderOptions,
} from './reader.ts'

const TERMINATED = 4499

/** A socket that is cut while it connects says so, and nobody listens: without a listener that ends the process. */
class DeafSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols)
    this.on('error', () => {})
  }

  /** By itself the client takes a lost connection for an orderly end, and hears what still arrives next to its next connection. */
  override close(code?: number, reason?: string): void {
    if (code !== TERMINATED) {
      super.close(code, reason)
      return
    }
    this.onmessage = null
    this.terminate()
  }
}

/** A graphql-ws client that never gives up. */
export function createPatientClient(
  address: Address,
  { token, retryMs = () => RETRY_MS }: ReaderOptions = {},
): Client {
  return createClient({
    url: () => `${address().replace('http', 'ws')}/graphql`,
    connectionParams: token === undefined ? {} : { token },
    webSocketImpl: DeafSocket,
    retryAttempts: Number.POSITIVE_INFINITY,
    // Of itself it takes an attempt that finds no server for fatal.
    shouldRetry: () => true,
    retryWait: () => pause(retryMs()),
  })
}

/** The client sends the payload's variables as they are at the time of the retry. */
export const openGraphqlWsReader: OpenCuttableReader = (
  address,
  { query, variables: given },
  options = {},
) => {
  const client = createPatientClient(address, options)
  const arrivals = createArrivals(options.onEntry)
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
      error: (reason) => options.onEnd?.(reason),
      complete: () => options.onEnd?.(undefined),
    },
  )
  return { ...arrivals, cut: () => client.terminate(), [Symbol.asyncDispose]: async () => client.dispose() }
}

/** Does nothing about cuts: after each, the client sends its first variables again. */
export const openUnaidedReader: OpenReader = (url, { query, variables }) => {
  const client = createPatientClient(() => url)
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
