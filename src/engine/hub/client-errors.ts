import { GraphQLError } from 'graphql'

/** An error that clients receive unmasked. `code`: for programs. `message`: a sentence for people. */
export function clientError(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export const unauthenticated = (): GraphQLError => clientError('UNAUTHENTICATED', 'Sign in first.')

/** Also for objects that are hidden from the caller: another error would confirm that the id exists. */
export const notFound = (): GraphQLError => clientError('NOT_FOUND', 'Not found.')

export const badUserInput = (reason: string): GraphQLError => clientError('BAD_USER_INPUT', reason)
