import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client/core'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { tap } from 'rxjs'
import { createPatientClient } from './reader.graphql-ws.ts'
import { createArrivals, entryOf, type OpenReader } from './reader.ts'

/** Puts the last cursor into the operation's variables, which the link below sends again after a cut. */
const resuming = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(({ data }) => {
      const entry = entryOf(data)
      if (entry !== undefined) operation.variables['after'] = entry.cursor
    }),
  ),
)

export const openApolloReader: OpenReader = (url, { query, variables }) => {
  const socket = createPatientClient(url)
  const client = new ApolloClient({
    link: resuming.concat(new GraphQLWsLink(socket)),
    cache: new InMemoryCache(),
  })
  const arrivals = createArrivals()
  const subscription = client
    .subscribe({ query: gql(query), variables: { ...variables }, fetchPolicy: 'no-cache' })
    .subscribe(({ data }) => {
      const entry = entryOf(data)
      if (entry !== undefined) arrivals.add(entry)
    })
  return {
    ...arrivals,
    async [Symbol.asyncDispose]() {
      subscription.unsubscribe()
      client.stop()
      await socket.dispose()
    },
  }
}
