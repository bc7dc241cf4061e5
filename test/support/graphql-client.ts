import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

export interface GraphqlResult {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly {
    readonly message: string
    readonly extensions?: Readonly<Record<string, unknown>>
  }[]
}

/** One operation over HTTP. */
export async function post(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  token?: string,
): Promise<GraphqlResult> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as GraphqlResult
}

/** A graphql-ws client that connects at once and never retries by itself. */
export function connect(wsUrl: string, token?: string): Client {
  return createClient({
    url: wsUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
}

/** What a subscription has brought so far, and how to wait for more. */
export interface Recording<Value> {
  readonly values: readonly Value[]
  /** Resolves with the first `count` values. Rejects when the subscription ends before, or after `timeoutMs`. */
  take(count: number, timeoutMs?: number): Promise<readonly Value[]>
  /** Resolves when the server or the connection ends it: undefined for `complete`, else the reason. */
  readonly ended: Promise<unknown>
  stop(): void
}

const TIMEOUT_MS = 10_000

/** Subscribes and records the root field's values. A result with errors ends the recording with them. */
export function record<Value>(
  client: Client,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Recording<Value> {
  const values: Value[] = []
  const ended = Promise.withResolvers<unknown>()
  let wake = Promise.withResolvers<void>()
  const stop = client.subscribe<Readonly<Record<string, Value>>>(
    { query, variables: { ...variables } },
    {
      next({ data, errors }) {
        if (errors !== undefined) ended.resolve(errors)
        for (const value of Object.values(data ?? {})) values.push(value)
        wake.resolve()
        wake = Promise.withResolvers()
      },
      error: (reason) => ended.resolve(reason),
      complete: () => ended.resolve(undefined),
    },
  )
  return {
    values,
    ended: ended.promise,
    stop,
    async take(count, timeoutMs = TIMEOUT_MS) {
      const expiry = Promise.withResolvers<never>()
      const timer = setTimeout(() => {
        expiry.reject(
          new Error(`${values.length} of ${count} values came: ${JSON.stringify(values.slice(-3))}`),
        )
      }, timeoutMs)
      const over = ended.promise.then((reason) => {
        if (values.length < count)
          throw new Error(`ended after ${values.length} of ${count}: ${JSON.stringify(reason)}`)
      })
      try {
        while (values.length < count) await Promise.race([wake.promise, over, expiry.promise])
      } finally {
        clearTimeout(timer)
      }
      return values.slice(0, count)
    },
  }
}
