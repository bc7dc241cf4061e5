import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client/core'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { tap } from 'rxjs'
import { createPatientClient } from './reader.graphql-ws.ts'
import { createArrivals, entryOf, type OpenCuttableReader } from './reader.ts'

/** Puts the last cursor into the operation's variables, which the link below sends again after a cut. */
const resuming = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(({ data }) => {
      const entry = entryOf(data)
      if (entry !== undefined) operation.variables['after'] = entry.cursor
    }),
  ),
)

export const openApolloReader: OpenCuttableReader = (address, { query, variables }, options = {}) => {
  const socket = createPatientClient(address, options)
  const client = new ApolloClient({
    link: resuming.concat(new GraphQLWsLink(socket)),
    cache: new InMemoryCache(),
  })
  const arrivals = createArrivals(options.onEntry)
  const subscription = client
    .subscribe({ query: gql(query), variables: { ...variables }, fetchPolicy: 'no-cache' })
    .subscribe({
      next({ data, error }) {
        const entry = entryOf(data)
        if (entry !== undefined) arrivals.add(entry)
        // Apollo gives what the server said of the end as a result, and completes.
        if (error !== undefined) options.onEnd?.(error)
      },
      error: (reason) => options.onEnd?.(reason),
    })
  return {
    ...arrivals,
    cut: () => socket.terminate(),
    async [Symbol.asyncDispose]() {
      subscription.unsubscribe()
      client.stop()
      await socket.dispose()
    },
  }
}
