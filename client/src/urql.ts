import { type Exchange, subscriptionExchange } from '@urql/core'
import type { RostrumClient } from './client.ts'
import { RostrumError } from './error.ts'
import { type OperationResult, prepareOperation } from './operation.ts'

export interface RostrumExchangeOptions {
  /** Whether queries and mutations use the connection as well; otherwise they go to the next exchange. Default: true. */
  readonly isForAll?: boolean
}

type Result = OperationResult<Record<string, unknown>>

interface Observer {
  next(result: { data?: Record<string, unknown> | null; errors?: Error[] }): void
  error(error: unknown): void
  complete(): void
}

/**
 * An exchange that sends operations over the connection of `client`. Subscriptions resume after a lost connection; `cursor`, `offset`
 * and `at` of entries and `reset` of snapshots are added to the document.
 */
export function createRostrumExchange(
  client: RostrumClient,
  { isForAll = true }: RostrumExchangeOptions = {},
): Exchange {
  return subscriptionExchange({
    enableAllOperations: isForAll,
    forwardSubscription: ({ query = '', variables = {}, operationName }) => ({
      subscribe(observer) {
        const operation = {
          query,
          variables,
          ...(operationName === undefined ? {} : { operationName }),
        }
        if (prepareOperation(operation).type === 'subscription') {
          const unsubscribe = client.subscribe<Record<string, unknown>, object>(operation, {
            next: (result) => observer.next(urqlResult(result)),
            error: (error) => fail(observer, error),
            complete: () => observer.complete(),
          })
          return { unsubscribe }
        }
        let isLeft = false
        client.execute<Record<string, unknown>, object>(operation).then(
          (result) => {
            if (isLeft) return
            observer.next(urqlResult(result))
            observer.complete()
          },
          (error: unknown) => {
            if (!isLeft) observer.error(error)
          },
        )
        return {
          unsubscribe: () => {
            isLeft = true
          },
        }
      },
    }),
  })
}

/** urql treats an empty list of errors as an error. */
function urqlResult({ data = null, errors = [] }: Result): Parameters<Observer['next']>[0] {
  const made = errors.map((error) => Object.assign(new Error(error.message), error))
  return made.length === 0 ? { data } : { data, errors: made }
}

/** Server errors become a result, as for other operations, so that urql shows their codes. */
function fail(observer: Observer, error: RostrumError): void {
  if (error instanceof RostrumError && error.errors.length > 0) {
    observer.next(urqlResult({ data: null, errors: error.errors }))
    observer.complete()
  } else observer.error(error)
}
