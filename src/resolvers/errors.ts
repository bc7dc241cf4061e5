import { GraphQLError } from 'graphql'
import { abandoned } from '../engine/kernel/abandoned.ts'
import type { Rejection } from '../engine/kernel/rejection.ts'

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export const unauthenticated = (): GraphQLError => refusal('UNAUTHENTICATED', 'Sign in first.')

/** Also for what exists but is not the caller's to see: another error would confirm the id. */
export const notFound = (): GraphQLError => refusal('NOT_FOUND', 'Not found.')

/** `reason`: a sentence for people. For what the caller sees but may not do. */
export const forbidden = (reason: string): GraphQLError => refusal('FORBIDDEN', reason)

/** A refusal by a rule, where the field's type has no place for one. */
export const refused = ({ code, reason }: Rejection): GraphQLError => refusal(code, reason)

export const rateLimited = (retryAfterMs: number): GraphQLError =>
  new GraphQLError('Too many mutations: wait a moment.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs },
  })

export const queriesLimited = (retryAfterMs: number): GraphQLError =>
  new GraphQLError('Too many expensive operations: wait a moment, or ask for less.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs },
  })

export const badUserInput = (reason: string): GraphQLError => refusal('BAD_USER_INPUT', reason)

export const cursorInvalid = (): GraphQLError =>
  refusal('CURSOR_INVALID', 'The cursor does not belong to this list.')

/** `abandoned` where an operation ends with it. */
export const operationAbandoned: GraphQLError = refusal('ABANDONED', abandoned.message)
