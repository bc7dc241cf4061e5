import { ApolloLink } from '@apollo/client'
import { CombinedGraphQLErrors } from '@apollo/client/errors'
import { Observable } from 'rxjs'
import type { RostrumClient } from './client.ts'
import type { RostrumError } from './error.ts'
import { type OperationResult, prepareOperation } from './operation.ts'

/**
 * A terminating link: sends subscriptions, queries and mutations over the connection of `client`. Subscriptions resume after a lost
 * connection; `cursor`, `offset` and `at` of entries and `reset` of snapshots are added to the document.
 */
export function createRostrumLink(client: RostrumClient): ApolloLink {
  return new ApolloLink(
    ({ query, variables, operationName = '' }) =>
      new Observable((observer) => {
        const operation = { query, variables, ...(operationName === '' ? {} : { operationName }) }
        const fail = (error: RostrumError): void => observer.error(apolloError(error))
        if (prepareOperation(operation).type === 'subscription') {
          return client.subscribe<Record<string, unknown>, typeof variables>(operation, {
            next: (result) => observer.next(apolloResult(result)),
            error: fail,
            complete: () => observer.complete(),
          })
        }
        client.execute<Record<string, unknown>, typeof variables>(operation).then(
          (result: OperationResult<Record<string, unknown>>) => {
            observer.next(apolloResult(result))
            observer.complete()
          },
          (reason) => fail(reason),
        )
        return undefined
      }),
  )
}

function apolloResult({ data, errors }: OperationResult<Record<string, unknown>>): ApolloLink.Result {
  return { ...(data === undefined ? {} : { data }), ...(errors === undefined ? {} : { errors }) }
}

function apolloError(error: RostrumError): Error {
  return error.errors.length === 0 ? error : new CombinedGraphQLErrors({ errors: [...error.errors] })
}
