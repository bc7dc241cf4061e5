import { type AnyVariables, type CombinedError, type TypedDocumentNode, useClient } from 'urql'

type Ask = <Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>

/** Longest rate limit to wait for. */
const LONGEST_WAIT_MS = 10_000

/** Sends queries, bypassing the cache, and retries after a short rate limit. Rejects with an error whose message can be shown. */
export function useAsk(): Ask {
  const client = useClient()
  return async function ask(document, variables) {
    const { data, error } = await client
      .query(document, variables, { requestPolicy: 'network-only' })
      .toPromise()
    if (data !== undefined && error === undefined) return data
    const waitMs = retryAfterMs(error)
    if (waitMs === undefined) throw new Error(error?.graphQLErrors[0]?.message ?? 'There was no answer.')
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    return ask(document, variables)
  }
}

function retryAfterMs(error: CombinedError | undefined): number | undefined {
  const { code, retryAfterMs: waitMs } = error?.graphQLErrors[0]?.extensions ?? {}
  return code === 'RATE_LIMITED' && typeof waitMs === 'number' && waitMs <= LONGEST_WAIT_MS
    ? waitMs
    : undefined
}
