import { type AnyVariables, type TypedDocumentNode, useClient } from 'urql'

/** The answer of a mutation that changed nothing. */
export interface Refused {
  readonly __typename: 'Rejected'
  readonly code: string
  /** A message to show. */
  readonly reason: string
}

type Command = <Data extends object, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<NonNullable<Data[keyof Data]> | Refused>

/** Sends a mutation with one field; resolves to the field's result or the refusal. Never rejects. */
export function useCommand(): Command {
  const client = useClient()
  return async (document, variables) => {
    const { data, error } = await client.mutation(document, variables).toPromise()
    if (error === undefined && data !== undefined) {
      const [answer] = Object.values(data)
      if (answer !== null) return answer
    }
    const [fault] = error?.graphQLErrors ?? []
    return {
      __typename: 'Rejected',
      code: String(fault?.extensions['code'] ?? 'FAILED'),
      reason: fault?.message ?? error?.message ?? 'There was no answer.',
    }
  }
}

export function isRefused<Answer>(answer: Answer): answer is Extract<Answer, { __typename: 'Rejected' }> {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    '__typename' in answer &&
    answer.__typename === 'Rejected'
  )
}
