import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { abandoned } from '../engine/kernel/abandoned.ts'
import { newErrorId } from '../engine/kernel/id.ts'
import { overloadOf } from '../engine/kernel/overloaded.ts'
import { UNREADABLE_RETRY_AFTER_MS, UnreadableEntry } from '../engine/kernel/unreadable-entry.ts'
import { isDatabaseUnavailable, isUnstorableText } from '../engine/storage/faults.ts'
import { JwksUnavailable } from '../platform/auth/keys.ts'

/** The client-visible form of an error. Rejections pass; a fault becomes an id that refers to the log. */
export type Mask = (error: unknown) => GraphQLError

const UNREADABLE =
  'This server cannot read the next entry of the subscription. Retry after a pause, or subscribe without `after` to start from the current state.'

export function createMask(log: Logger): Mask {
  return (error) => {
    const origin = originOf(error)
    if (origin instanceof GraphQLError) return error instanceof GraphQLError ? error : origin
    // GraphQL has already copied the code.
    if (origin === abandoned && error instanceof GraphQLError) return error
    const overload = overloadOf(origin)
    if (overload !== undefined) {
      const { retryAfterMs } = overload
      return shown(error, 'OVERLOADED', 'The server is overloaded. Retry after a pause.', { retryAfterMs })
    }
    if (isDatabaseUnavailable(origin)) {
      log.warn({ err: origin }, 'the database was not available')
      return shown(error, 'UNAVAILABLE', 'The server cannot reach its database. Retry with the same key.')
    }
    if (origin instanceof JwksUnavailable) {
      log.warn({ err: origin }, 'the keys to verify tokens were not available')
      return shown(error, 'UNAVAILABLE', 'The server cannot verify tokens at the moment. Retry.')
    }
    if (isUnstorableText(origin)) {
      return shown(
        error,
        'BAD_USER_INPUT',
        'Text must not contain the character U+0000 or an unpaired surrogate.',
      )
    }
    const errorId = newErrorId()
    if (origin instanceof UnreadableEntry) {
      log.error({ err: origin, errorId }, 'an entry could not be presented')
      return shown(error, 'INTERNAL_SERVER_ERROR', UNREADABLE, {
        ...{ errorId, retryAfterMs: UNREADABLE_RETRY_AFTER_MS },
      })
    }
    log.error({ err: origin, errorId }, 'a fault was masked')
    return shown(error, 'INTERNAL_SERVER_ERROR', 'Internal server error.', { errorId })
  }
}

/** The original error: GraphQL wraps it to add the path. */
function originOf(error: unknown): unknown {
  let origin = error
  while (origin instanceof GraphQLError && origin.originalError !== undefined) origin = origin.originalError
  return origin
}

function shown(
  error: unknown,
  code: string,
  message: string,
  details: Record<string, unknown> = {},
): GraphQLError {
  const at = error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {}
  return new GraphQLError(message, { ...at, extensions: { code, ...details } })
}
