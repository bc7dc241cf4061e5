import { Client, subscriptionExchange } from '@urql/core'
import { createPatientClient } from './reader.graphql-ws.ts'
import { createArrivals, entryOf, type OpenReader } from './reader.ts'

export const openUrqlReader: OpenReader = (url, { query, variables }) => {
  const socket = createPatientClient(url)
  const client = new Client({
    url: `${url}/graphql`,
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
                  next({ data = null, errors = [] }) {
                    const entry = entryOf(data)
                    if (entry !== undefined) latest['after'] = entry.cursor
                    sink.next({ data, errors: [...errors] })
                  },
                },
              ),
            }),
          }
        },
      }),
    ],
  })
  const arrivals = createArrivals()
  const subscription = client.subscription(query, { ...variables }).subscribe(({ data }) => {
    const entry = entryOf(data)
    if (entry !== undefined) arrivals.add(entry)
  })
  return {
    ...arrivals,
    async [Symbol.asyncDispose]() {
      subscription.unsubscribe()
      await socket.dispose()
    },
  }
}
