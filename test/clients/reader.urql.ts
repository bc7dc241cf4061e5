import { Client, subscriptionExchange } from '@urql/core'
import { createPatientClient } from './reader.graphql-ws.ts'
import { createArrivals, entryOf, type OpenCuttableReader } from './reader.ts'

export const openUrqlReader: OpenCuttableReader = (address, { query, variables }, options = {}) => {
  const socket = createPatientClient(address, options)
  const client = new Client({
    url: `${address()}/graphql`,
    preferGetMethod: false,
    exchanges: [
      subscriptionExchange({
        forwardSubscription({ query: text = '', variables: given }) {
          const latest: Record<string, unknown> = { ...given }
          return {
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe<Record<string, unknown>>(
                { query: text, variables: latest },
                {
                  ...sink,
                  next({ data = null, errors }) {
                    const entry = entryOf(data)
                    if (entry !== undefined) latest['after'] = entry.cursor
                    // It takes an empty list for an error.
                    sink.next(errors === undefined ? { data } : { data, errors: [...errors] })
                  },
                },
              ),
            }),
          }
        },
      }),
    ],
  })
  const arrivals = createArrivals(options.onEntry)
  const subscription = client.subscription(query, { ...variables }).subscribe(({ data, error }) => {
    const entry = entryOf(data)
    // Next to an error it shows the last result once more.
    if (error !== undefined) options.onEnd?.(error)
    else if (entry !== undefined) arrivals.add(entry)
  })
  return {
    ...arrivals,
    cut: () => socket.terminate(),
    async [Symbol.asyncDispose]() {
      subscription.unsubscribe()
      await socket.dispose()
    },
  }
}
