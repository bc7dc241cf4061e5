import { GraphQLError } from 'graphql'
import { clientError } from '../engine/hub/client-errors.ts'
import { abandoned } from '../engine/kernel/abandoned.ts'
import type { Rejection } from '../engine/kernel/rejection.ts'

/** `reason`: a sentence for people. For what the caller sees but may not do. */
export const forbidden = (reason: string): GraphQLError => clientError('FORBIDDEN', reason)

/** A refusal by a rule, where the field's type has no place for one. */
export const refused = ({ code, reason }: Rejection): GraphQLError => clientError(code, reason)

export const rateLimited = (retryAfterMs: number): GraphQLError =>
  new GraphQLError('Too many mutations: wait a moment.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs },
  })

export const queriesLimited = (retryAfterMs: number): GraphQLError =>
  new GraphQLError('Too many expensive operations: wait a moment, or ask for less.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs },
  })

export const cursorInvalid = (): GraphQLError =>
  clientError('CURSOR_INVALID', 'The cursor does not belong to this list.')

/** `abandoned` where an operation ends with it. */
export const operationAbandoned: GraphQLError = clientError('ABANDONED', abandoned.message)
