import type { Client } from 'graphql-ws'
import { createDeferred } from './deferred.ts'
import { errorFrom, RostrumError } from './error.ts'
import { type Operation, type OperationResult, prepareOperation } from './operation.ts'

/** Variables that make it safe to send a mutation twice: the server repeats its first answer. */
const KEYS: ReadonlySet<string> = new Set(['idempotencyKey', 'clientMessageId'])

/** Runs a query or mutation: see RostrumClient.execute. `isConnected`: whether a request is sent immediately. */
export function runOnce<Result, Variables>(
  operation: Operation<Result, Variables>,
  client: Client,
  isConnected: boolean,
): Promise<OperationResult<Result>> {
  const { type, text } = prepareOperation(operation)
  const variables = { ...operation.variables }
  const { promise, resolve, reject } = createDeferred<OperationResult<Result>>()
  const isRepeatable = type === 'query' || hasKey(variables)
  let isSent = isConnected
  const listening = isRepeatable
    ? []
    : [
        client.on('connected', () => {
          isSent = true
        }),
        client.on('closed', () => {
          if (!isSent) return
          reject(
            new RostrumError('OUTCOME_UNKNOWN', 'The connection was lost before the mutation was answered.'),
          )
          leave()
        }),
      ]
  const leave = client.subscribe<Result>(
    { query: text, variables, operationName: operation.operationName ?? null },
    {
      next: resolve,
      error(reason) {
        const error = errorFrom(reason)
        if (error.errors.length > 0) resolve({ errors: error.errors })
        else reject(error)
      },
      // No effect after a result.
      complete: () => reject(new RostrumError('DISPOSED', 'The client was disposed of before the answer.')),
    },
  )
  return promise.finally(() => {
    for (const stop of listening) stop()
  })
}

/** Whether `value` contains such a key at any depth. */
function hasKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([name, member]) => (KEYS.has(name) && typeof member === 'string') || hasKey(member),
  )
}
