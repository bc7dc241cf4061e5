import { GraphQLError } from 'graphql'

/** An error that clients get as it is. `code`: for programs. `message`: a sentence for people. */
export function clientError(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export const unauthenticated = (): GraphQLError => clientError('UNAUTHENTICATED', 'Sign in first.')

/** Also for what exists but is hidden from the caller: another error would confirm the id. */
export const notFound = (): GraphQLError => clientError('NOT_FOUND', 'Not found.')

export const badUserInput = (reason: string): GraphQLError => clientError('BAD_USER_INPUT', reason)
