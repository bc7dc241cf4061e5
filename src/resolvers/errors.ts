import { GraphQLError } from 'graphql'
import { clientError } from '../engine/hub/client-errors.ts'
import { abandoned } from '../engine/kernel/abandoned.ts'
import type { Rejection } from '../engine/kernel/rejection.ts'

/** For something the caller can see but may not do. `reason`: a sentence for people. */
export const forbidden = (reason: string): GraphQLError => clientError('FORBIDDEN', reason)

/** A rejection by a rule, for fields whose type cannot represent one. */
export const refused = ({ code, reason }: Rejection): GraphQLError => clientError(code, reason)

export const rateLimited = (retryAfterMs: number): GraphQLError =>
  new GraphQLError('Too many mutations. Retry after a pause.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs },
  })

export const queriesLimited = (retryAfterMs: number): GraphQLError =>
  new GraphQLError('Too many expensive operations. Retry after a pause, or request less.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs },
  })

export const cursorInvalid = (): GraphQLError =>
  clientError('CURSOR_INVALID', 'The cursor does not belong to this list.')

/** The error of an abandoned operation. */
export const operationAbandoned: GraphQLError = clientError('ABANDONED', abandoned.message)
